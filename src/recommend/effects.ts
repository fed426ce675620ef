/** What a list has of what each gain asked for. */
import type { AttributeEffect } from '../events/events.js';
import type { PlannedGain } from '../steering/plan.js';
import type { ItemIndex } from './item-index.js';

/** @param items of the list, as the index numbers them */
export function effectsOf(
  gains: readonly PlannedGain[],
  items: Int32Array,
  index: Pick<ItemIndex, 'attributeIndex' | 'bears'>,
): AttributeEffect[] {
  return gains.map((gain) => {
    const attribute = index.attributeIndex(gain.attribute);
    let bearers = 0;
    if (attribute !== undefined) for (const item of items) if (index.bears(item, attribute)) bearers++;
    return { ...gain, share: items.length === 0 ? 0 : bearers / items.length };
  });
}
