/** A synthetic catalogue and log with known causes: mood, popularity and series. docs/synthetic.md has the model. */
import type { CatalogueItem, Interaction } from '../../src/events/events.js';
import { jsonHash } from '../canonical-json.js';
import { breathe } from '../context.js';
import { UserError } from '../../src/terminal/user-error.js';
import type { ImportSource } from './source.js';
import { type SyntheticParameters, SyntheticParametersSchema } from './synthetic-parameters.js';
import { type SyntheticEvent, userEvents } from './synthetic-user.js';
import { catalogueOf, createWorld, type World } from './synthetic-world.js';

/** Goes up when the same parameters would lead to other records. */
const GENERATOR = 'synthetic 1';

export interface Synthetic {
  readonly world: World;
  readonly items: readonly CatalogueItem[];
  /** By time; equal times by user. */
  readonly interactions: readonly Interaction[];
}

export function generate(parameters: SyntheticParameters): Synthetic {
  const world = createWorld(parameters);
  const numbered = Array.from({ length: parameters.users }, (_, user) => userInteractions(world, user)).flat();
  return { world, items: catalogueOf(world), interactions: numbered.sort((a, b) => a.occurredAt - b.occurredAt) };
}

/** All interactions of one user, in order. Users beyond `parameters.users` begin when the generated log ends. */
export function userInteractions(world: World, user: number): Interaction[] {
  const source = fingerprintOf(world.parameters).slice(0, 8);
  return [...userEvents(world, user)].map((event, n) =>
    toInteraction(world, event, `syn:${source}:${user + 1}:${n + 1}`),
  );
}

function toInteraction(world: World, event: SyntheticEvent, eventId: string): Interaction {
  return {
    eventId,
    userId: `u${String(event.user + 1).padStart(5, '0')}`,
    itemId: world.items[event.item]?.itemId ?? '',
    kind: 'view',
    value: null,
    occurredAt: event.time,
    listId: null,
    context: null,
  };
}

/** @throws UserError naming the parameters that are out of bounds. */
export function synthetic(parameters: SyntheticParameters): ImportSource {
  const checked = SyntheticParametersSchema.safeParse(parameters);
  if (!checked.success) {
    const problems = checked.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new UserError(`synthetic log: ${problems.join('; ')}`);
  }
  return {
    name: `synthetic log of seed ${parameters.seed}`,
    fingerprint: fingerprintOf(parameters),
    read: async (signal) => {
      await breathe(signal);
      const { items, interactions } = generate(parameters);
      return { items, interactionCount: interactions.length, interactions: () => interactions };
    },
  };
}

function fingerprintOf(parameters: SyntheticParameters): string {
  return jsonHash({ generator: GENERATOR, parameters });
}
