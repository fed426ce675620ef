/** Which items may be shown at all: known to the catalogue, and eligible in the context. */
import type { CatalogueItem, InteractionContext } from '../events/events.js';
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

/** Masks by context, kept until the catalogue changes: contexts differ in few ways, users in many. */
export interface BlockedItems {
  /** By item index, 1: not in the catalogue, withdrawn, or not eligible in this context. Not to be changed. */
  blockedIn(context: InteractionContext | null): Uint8Array;
}

export function createBlockedItems(catalogue: Catalogue, itemIds: readonly string[]): BlockedItems {
  const masks = new Map<string, Uint8Array>();
  let offsets = catalogue.offsets;
  return {
    blockedIn(context) {
      if (catalogue.offsets !== offsets) masks.clear();
      offsets = catalogue.offsets;
      const key = JSON.stringify([context?.market ?? null, context?.maturityLimit ?? null]);
      let mask = masks.get(key);
      if (mask === undefined) {
        mask = Uint8Array.from(itemIds, (itemId) => {
          const item = catalogue.item(itemId);
          return item !== undefined && isEligible(item, context) ? 0 : 1;
        });
        if (masks.size >= MASKS_KEPT) masks.clear();
        masks.set(key, mask);
      }
      return mask;
    },
  };
}

/** Contexts come from outside: their masks must not fill the memory. */
const MASKS_KEPT = 256;
