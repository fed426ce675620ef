/** Sound Avro whose values are at their bounds, beyond them, or unlike what anybody expects. */
import { BAD_BYTES, changed, type Damage, INVALID } from './damage.js';
import { type Expected, LIST, UNCHANGED } from './fuzzed.js';
import { NAMES, unicode } from './words.js';

const YEAR_2200 = Date.UTC(2200, 0);
const YEAR_3000 = Date.UTC(3000, 0);

export const wildTimestamp: Damage = (source, side) => {
  const record = source.accepted(side, 'timestamp of the log', source.event(side, source.user()));
  const timestamps = [0, 1, -1, -1e12, 1000, YEAR_3000, source.now + 1e9, 2 ** 52, -(2 ** 52), 2 ** 53 + 2, 2 ** 62];
  return { ...record, timestamp: BigInt(source.pick(timestamps)).toString() };
};

export const unicodeUser: Damage = (source, side) => {
  const userId = unicode(source.random, 1 + source.random.below(512));
  return source.accepted(side, 'unicode in ids', source.event(side, userId));
};

/** For interactions alone; a profile event is of no kind. */
export const ignored: Damage = (source) => {
  const event = { ...source.interaction(source.user()), kind: 'impression' };
  return source.record('interactions', 'ignored kind', event, UNCHANGED);
};

export const kinds: Damage = (source) => {
  const { random } = source;
  const kind =
    random.below(4) === 0
      ? source.pick([...NAMES, '__proto__', 'Impression', 'impression '])
      : unicode(random, 1 + random.below(512));
  return source.accepted('interactions', 'unicode in kinds', { ...source.interaction(source.user()), kind });
};

/** An own property of that name, as a producer in another language would write it. */
export const protoGains = (gains: string): object => ({ mode: 'merge', gains: JSON.parse(gains) as unknown });

export const gains: Damage = (source, side) =>
  side === 'interactions'
    ? kinds(source, side)
    : changed('gains', ({ random }) => {
        const named = (count: number, length = 8): object => ({
          mode: 'merge',
          gains: Object.fromEntries(Array.from({ length: count }, () => [unicode(random, length), 0.5])),
        });
        return source.pick<readonly [object, Expected]>([
          [protoGains('{"__proto__":1}'), BAD_BYTES],
          [protoGains('{"a":1,"__proto__":0.5,"b":0}'), BAD_BYTES],
          [protoGains('{"constructor":1,"toString":-1,"__proto__x":0.5,"hasOwnProperty":0}'), LIST],
          [{ mode: 'replace', gains: { 'genre/a': -0, 'genre/b': 1, 'genre/c': -1, 'genre/d': 5e-324 } }, LIST],
          [named(64), LIST],
          [named(65), INVALID],
          [named(2, 200), LIST],
          [named(1, 201), INVALID],
          [{ mode: 'merge', gains: { '': 1 } }, INVALID],
          ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1.0000001, -2].map(
            (gain) => [{ mode: 'replace', gains: { 'genre/a': gain } }, INVALID] as const,
          ),
        ]);
      })(source, side);

export const numbers: Damage = changed('numbers at their bounds', (source, _, side) => {
  const interactions: readonly (readonly [object, Expected])[] = [
    ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) => [{ value }, INVALID] as const),
    ...[Number.MAX_VALUE, 5e-324, -0, 2 ** 53].map((value) => [{ value }, LIST] as const),
    ...[-1, 201, 2 ** 31 - 1].map((limit) => [{ context: contextOf(limit) }, INVALID] as const),
    ...[0, 200].map((limit) => [{ context: contextOf(limit) }, LIST] as const),
  ];
  const profiles: readonly (readonly [object, Expected])[] = [
    [{ expectedVersion: -1 }, INVALID],
    [{ expectedVersion: 2 ** 52 - 1 }, LIST],
    [{ expectedVersion: 2 ** 53 - 2 }, BAD_BYTES],
    [{ expiresAt: -1 }, INVALID],
    [{ expiresAt: YEAR_3000 }, INVALID],
    [{ expiresAt: YEAR_2200 }, LIST],
  ];
  return source.pick(side === 'interactions' ? interactions : profiles);
});

export function contextOf(maturityLimit: number): object {
  return { device: null, page: null, market: null, maturityLimit };
}

export const times: Damage = changed('clock skew', (source) => {
  const sane = [0, 1, 1000, source.now + 86_400_000, source.now + 1e12, YEAR_2200];
  const insane = [-1, -1e12, YEAR_2200 + 1, YEAR_3000, 2 ** 52 - 1];
  if (source.random.below(2) === 0) return [{ occurredAt: source.pick(sane), expiresAt: null }, LIST];
  if (source.random.below(3) > 0) return [{ occurredAt: source.pick(insane) }, INVALID];
  return [{ occurredAt: source.pick([2 ** 53 - 2, -(2 ** 53 - 2), 2 ** 52]) }, BAD_BYTES];
});

export const ids: Damage = changed('ids too short or too long', (source, _, side) => {
  const field = source.pick(side === 'interactions' ? ['eventId', 'itemId', 'kind'] : ['eventId']);
  const length = source.pick([0, 513, 5000]);
  return [{ [field]: unicode(source.random, length) }, INVALID];
});
