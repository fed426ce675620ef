/** Values of every contract, for property tests. */
import fc from 'fast-check';
import type { ContractName, Contracts } from '../../src/events/contracts.js';
import type { InteractionContext } from '../../src/events/events.js';

/** A record as a codec gives it back: with the usual prototype. */
function plain<T extends object>(fields: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): fc.Arbitrary<T> {
  return fc.record<T>(fields, { noNullPrototype: true });
}

const text = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' });
const time = fc.integer({ min: 0, max: 4_000_000_000_000 });
const real = fc.double({ noNaN: true, noDefaultInfinity: true });
const unit = fc.double({ min: 0, max: 1, noNaN: true });
const gain = fc.double({ min: -1, max: 1, noNaN: true });
const word = fc.option(text);
const count = fc.nat();
const bytes = fc.option(fc.uint8Array().map((array) => Buffer.from(array)));
const source = plain({ topic: text, partition: count, offset: fc.nat(2 ** 52 - 1) });

export const CONTRACT_VALUES: { readonly [Name in ContractName]: fc.Arbitrary<Contracts[Name]> } = {
  interaction: plain({
    eventId: text,
    userId: text,
    itemId: text,
    kind: text,
    value: fc.option(real),
    occurredAt: time,
    listId: word,
    context: fc.option(
      plain<InteractionContext>({ device: word, page: word, market: word, maturityLimit: fc.option(fc.nat(99)) }),
    ),
  }),
  'profile-event': plain({
    eventId: text,
    userId: text,
    mode: fc.constantFrom('replace', 'merge', 'reset', 'off', 'expire', 'erase', 'refresh'),
    gains: fc.dictionary(
      text.filter((name) => name !== '__proto__'),
      gain,
      { noNullPrototype: true, maxKeys: 64 },
    ),
    expiresAt: fc.option(time),
    preset: word,
    expectedVersion: fc.option(count),
    occurredAt: time,
  }),
  'catalogue-item': plain({
    itemId: text,
    title: fc.string(),
    attributes: fc.array(text),
    markets: fc.option(fc.array(text)),
    minimumAge: fc.option(fc.nat(99)),
    addedAt: fc.option(time),
  }),
  'recommendation-list': plain({
    listId: text,
    userId: text,
    items: fc.array(plain({ itemId: text, score: real, cold: fc.boolean() })),
    checkpoint: text,
    equalizerVersion: count,
    effects: fc.array(plain({ attribute: text, gain, share: unit, method: text, amount: real, limited: fc.boolean() })),
    reason: plain({
      trigger: fc.constantFrom('interaction', 'profile', 'refresh'),
      ranking: fc.constantFrom('model', 'popular'),
      profile: fc.option(fc.constantFrom('applied', 'stale', 'conflict')),
    }),
    source,
    catalogue: fc.array(count),
    producedAt: time,
  }),
  'dead-letter': plain({
    reason: fc.constantFrom('bad-bytes', 'null-key', 'oversize'),
    message: fc.string(),
    source,
    sourceTimestamp: fc.integer(),
    key: bytes,
    value: bytes,
    valueLength: count,
    valueSha256: word,
    producedAt: time,
  }),
};

/** Those that the first version of their schema can hold, too. */
export const FIRST_VALUES: typeof CONTRACT_VALUES = {
  ...CONTRACT_VALUES,
  'profile-event': CONTRACT_VALUES['profile-event'].filter(({ mode }) => mode !== 'refresh'),
  'recommendation-list': CONTRACT_VALUES['recommendation-list'].map(({ items, reason, ...list }) => ({
    ...list,
    items: items.map((item) => ({ ...item, cold: false })),
    reason: { ...reason, trigger: reason.trigger === 'refresh' ? 'profile' : reason.trigger },
  })),
};
