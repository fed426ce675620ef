/** Which items may be shown at all: known to the catalogue, and eligible in the context. */
import type { CatalogueItem, InteractionContext } from '../events/events.js';
import { atOnce, type Pieces, stretches } from '../ops/pieces.js';
import type { Catalogue } from './catalogue.js';

/**
 * An item restricted to markets needs a context that names one of them; a minimum age needs a context without a limit
 * or with one that reaches it. What is not known of the context never opens a restricted market.
 */
export function isEligible(item: CatalogueItem, context: InteractionContext | null): boolean {
  const { markets, minimumAge } = item;
  const inMarket = markets === null || (context?.market != null && markets.includes(context.market));
  const limit = context?.maturityLimit ?? null;
  return inMarket && (minimumAge === null || limit === null || minimumAge <= limit);
}

/** Masks by context, kept and changed where the catalogue changes: contexts differ in few ways, users in many. */
export interface BlockedItems {
  /**
   * By item index, 1: not in the catalogue, withdrawn, or not eligible in this context. Not to be changed; the same array
   * as long as nothing differs.
   */
  blockedIn(context: InteractionContext | null): Uint8Array;
}

interface Mask {
  readonly mask: Uint8Array;
  /** Of the catalogue that it is of. */
  readonly offsets: readonly number[];
}

/** Contexts come from outside: their masks must not fill the memory. */
const KEPT = { count: 256, bytes: 32 * 1024 * 1024 };
/** Items of a piece of work. */
const PIECE = 2 ** 14;

export const createBlockedItems = (...args: Parameters<typeof findingBlocked>): BlockedItems =>
  atOnce(findingBlocked(...args));

/** @param indexOf of `itemIds` */
export function* findingBlocked(
  catalogue: Catalogue,
  itemIds: readonly string[],
  indexOf: (itemId: string) => number | undefined,
): Pieces<BlockedItems> {
  let offsets = catalogue.offsets;
  /** By index: to look an item up by its name takes long where there are many. */
  const offered: (CatalogueItem | undefined)[] = [];
  for (const [from, to] of stretches(itemIds.length, PIECE)) {
    for (let i = from; i < to; i += 1) offered.push(catalogue.item(itemIds[i] ?? ''));
    yield;
  }
  const masks = new Map<string, Mask>();
  const most = Math.min(KEPT.count, Math.max(1, Math.floor(KEPT.bytes / itemIds.length)));

  const changedSince = (then: readonly number[]): readonly number[] | undefined =>
    catalogue.changedSince(then)?.flatMap((itemId) => indexOf(itemId) ?? []);
  const follow = (): void => {
    if (catalogue.offsets === offsets) return;
    for (const i of changedSince(offsets) ?? itemIds.keys()) offered[i] = catalogue.item(itemIds[i] ?? '');
    offsets = catalogue.offsets;
  };
  const isBlocked = (i: number, context: InteractionContext | null): number => {
    const item = offered[i];
    return item !== undefined && isEligible(item, context) ? 0 : 1;
  };
  return {
    blockedIn(context) {
      follow();
      const key = JSON.stringify([context?.market ?? null, context?.maturityLimit ?? null]);
      const known = masks.get(key);
      if (known?.offsets === offsets) return known.mask;
      const changed = known && changedSince(known.offsets);
      let mask = known && changed ? known.mask : sharedMask(itemIds.length);
      for (const i of changed ?? offered.keys()) {
        const value = isBlocked(i, context);
        if (mask[i] === value) continue;
        // Whoever has the one before it must not see it change.
        if (mask === known?.mask) mask = sharedMask(itemIds.length, mask);
        mask[i] = value;
      }
      masks.delete(key);
      masks.set(key, { mask, offsets });
      for (const oldest of masks.keys()) if (masks.size > most) masks.delete(oldest);
      return mask;
    },
  };
}

/** In memory that threads can share, so that an engine's workers need no copy. */
function sharedMask(size: number, copied?: Uint8Array): Uint8Array {
  const mask = new Uint8Array(new SharedArrayBuffer(size));
  if (copied) mask.set(copied);
  return mask;
}
