/** Two lists side by side, for a terminal. */
import type { Checkpoint } from '../../src/checkpoint/checkpoint.js';
import type { RecommendationList } from '../../src/events/events.js';
import type { SliderMoved } from './slider.js';

const WIDTH = 44;

/** @param titleOf title of an item, or its id where there is none */
export function showSlider(moved: SliderMoved, checkpoint: Checkpoint, titleOf: (itemId: string) => string): string {
  const { attribute, before, after, shareBefore, shareAfter, user } = moved;
  const bearers = checkpoint.attributes.items[checkpoint.attributes.names.indexOf(attribute)] ?? new Int32Array();
  const marked = new Set(Array.from(bearers, (item) => checkpoint.vocabulary.items[item]));
  const cells = (list: RecommendationList): string[] =>
    list.items.map(({ itemId }) => cut(`${marked.has(itemId) ? '*' : ' '} ${titleOf(itemId)}`));
  const [left, right] = [cells(before), cells(after)];
  const rows = Array.from(
    { length: Math.max(left.length, right.length) },
    (_, i) => `${String(i + 1).padStart(4)}  ${(left[i] ?? '').padEnd(WIDTH)}  ${right[i] ?? ''}`,
  );
  const percent = (share: number): string => `${Math.round(100 * share)} %`;
  const { method, limited } = after.effects.find((effect) => effect.attribute === attribute) ?? {
    method: 'none',
    limited: false,
  };
  return [
    `${user} moves ${attribute} to 1 (steered by ${method}${limited ? ', held by the budget' : ''}):`,
    `      ${cut(`before: ${percent(shareBefore)} ${attribute}`).padEnd(WIDTH)}  after: ${percent(shareAfter)}`,
    ...rows,
  ].join('\n');
}

const cut = (text: string): string => (text.length > WIDTH ? `${text.slice(0, WIDTH - 3)}...` : text);
