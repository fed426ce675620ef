import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Edit } from '../../model/edit.js';
import type { EngineRequest, Ranking } from '../../ports/engine.js';
import { packBatch, packRankings, transfersOf, unpackRankings, unpackRequests } from './messages.js';

const index = fc.nat(1_000_000);
const amount = fc.double({ noNaN: true });
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({
    kind: fc.constant('latent' as const),
    layer: fc.integer({ min: 1, max: 40 }),
    feature: index,
    mode: fc.constantFrom('replace' as const, 'delta' as const, 'add' as const),
    amount,
  }),
  fc.record({ kind: fc.constant('direction' as const), direction: index, amount }),
  fc.record({ kind: fc.constant('adapter' as const), adapter: index, amount }),
  fc.record({ kind: fc.constant('score' as const), attribute: index, amount }),
);
const MASKS: readonly Uint8Array[] = [Uint8Array.of(0, 1), Uint8Array.of(1, 1)];
const items = fc.array(index, { maxLength: 5 }).map((list) => Int32Array.from(list));
const request: fc.Arbitrary<EngineRequest> = fc.record({
  window: items,
  edits: fc.array(edit, { maxLength: 3 }),
  blocked: fc.constantFrom(...MASKS),
  excluded: fc.oneof(items, fc.array(index, { maxLength: 5 })),
  k: fc.nat(500),
});

it('requests are the same on the other side, edits to the last bit', () => {
  fc.assert(
    fc.property(fc.array(request, { maxLength: 6 }), (requests) => {
      const placed = requests.map((one, b) => ({ request: one, pages: [b, 7], isKept: b % 2 === 0 }));
      const message = packBatch(3, 'step', placed, (mask) => MASKS.indexOf(mask));
      const there = structuredClone(message, { transfer: transfersOf(message) as ArrayBuffer[] });
      const found = unpackRequests(there, new Map(MASKS.map((mask, id) => [id, mask])));
      const listed = (one: EngineRequest) => ({ ...one, excluded: [...one.excluded] });
      expect(found.map(listed)).toEqual(requests.map(listed));
      expect([...there.isKept]).toEqual(requests.map((_, b) => (b % 2 === 0 ? 1 : 0)));
    }),
  );
});

it('rankings are the same on the other side', () => {
  const ranking: fc.Arbitrary<Ranking> = items.map((list) => ({
    items: list,
    scores: Float32Array.from(list, (item) => item / 7),
  }));
  fc.assert(
    fc.property(fc.array(ranking, { maxLength: 6 }), (rankings) => {
      const message = packRankings(3, { rankings, isSearched: true }, { run: 2 });
      const there = structuredClone(message, { transfer: transfersOf(message) as ArrayBuffer[] });
      expect(unpackRankings(there)).toEqual(rankings);
    }),
  );
});

it('a batch that names a mask which was not sent is refused', () => {
  const one = { window: Int32Array.of(1), edits: [], blocked: MASKS[0]!, excluded: [], k: 1 };
  const message = packBatch(1, 'window', [{ request: one, pages: [], isKept: false }], () => 5);
  expect(() => unpackRequests(message, new Map())).toThrow('mask 5 was not sent');
});
