import { expect, it } from 'vitest';
import { atOnce, inPieces, type Pieces, stretches } from './pieces.js';

function* adding(count: number, onPiece: () => void): Pieces<number> {
  let sum = 0;
  for (const [from, to] of stretches(count, 3)) {
    for (let i = from; i < to; i += 1) sum += i;
    onPiece();
    yield;
  }
  return sum;
}

it('work in pieces lets the event loop turn between them; at once it does not', async () => {
  const order: string[] = [];
  const piece = (): number => order.push('piece');
  const turn = (): void => {
    order.push('turn');
    if (order.length < 6) setImmediate(turn);
  };
  setImmediate(turn);
  expect(await inPieces(adding(8, piece))).toBe(28);
  expect(order.slice(0, 6)).toEqual(['piece', 'turn', 'piece', 'turn', 'piece', 'turn']);
  order.length = 0;
  setImmediate(turn);
  expect(atOnce(adding(8, piece))).toBe(28);
  expect(order).toEqual(['piece', 'piece', 'piece']);
});

it('stretches cover everything once', () => {
  expect([...stretches(7, 3)]).toEqual([
    [0, 3],
    [3, 6],
    [6, 7],
  ]);
  expect([...stretches(0, 3)]).toEqual([]);
});
