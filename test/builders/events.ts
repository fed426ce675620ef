/** Events for tests: give what matters to the test, the rest is plain. */
import type { CatalogueItem, Interaction, ProfileEvent } from '../../src/events/events.js';

let made = 0;

/** An id that no other event of this process has. */
function freshId(): string {
  made += 1;
  return `event-${made}`;
}

export function interaction(given: Partial<Interaction> = {}): Interaction {
  return {
    eventId: freshId(),
    userId: 'user-1',
    itemId: 'item-1',
    kind: 'view',
    value: null,
    occurredAt: 1_000,
    listId: null,
    context: null,
    ...given,
  };
}

export function profileEvent(given: Partial<ProfileEvent> = {}): ProfileEvent {
  return {
    eventId: freshId(),
    userId: 'user-1',
    mode: 'merge',
    gains: {},
    expiresAt: null,
    preset: null,
    expectedVersion: null,
    occurredAt: 1_000,
    ...given,
  };
}

export function catalogueItem(given: Partial<CatalogueItem> = {}): CatalogueItem {
  return {
    itemId: 'item-1',
    title: 'An item',
    attributes: [],
    markets: null,
    minimumAge: null,
    addedAt: null,
    ...given,
  };
}
