/** A Service in memory: what was appended, asked for and reported can be looked at. */
import { expect } from 'vitest';
import type { CheckpointInService, Service } from '../../src/api/service.js';
import type { Checkpoint } from '../../src/checkpoint/checkpoint.js';
import { createCodec } from '../../src/events/codec.js';
import { SINGLE_OBJECT } from '../../src/events/wire-format.js';
import type { AttributeEffect, ProfileEvent, RecommendationList } from '../../src/events/events.js';
import { partitionOf } from '../../src/events/murmur2.js';
import type { OutgoingRecord } from '../../src/ports/log.js';
import type { ListRequest } from '../../src/recommend/recommender.js';
import { emptyState, type UserState } from '../../src/state/user-state.js';
import type { AttributeSteering } from '../../src/steering/steering-map.js';

export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const PARTITIONS = 4;

const codec = createCodec('profile-event');

const sciFi: AttributeSteering = {
  attribute: 'genre/Sci-Fi',
  method: 'delta',
  terms: [{ kind: 'latent', feature: 3, mode: 'delta', per: 1 }],
  baseShare: 0.2,
  curve: [{ amount: 1, share: 0.5, lift: 1, ndcgKept: 0.95 }],
  scorePerLift: 1,
  maxLift: 1,
  minLift: -2,
};

const ranking = { ndcg: 0.1, hitRate: 0.2, coverage: 0.3, users: 9 };

const inService = {
  id: 'first',
  sequence: 1,
  checkpoint: {
    manifest: {
      createdAt: '2026-01-01T00:00:00Z',
      metrics: { model: ranking, popularity: ranking },
      sae: { features: 8 },
    },
    vocabulary: { items: ['a', 'b', 'c'] },
    attributes: { names: ['genre/Sci-Fi', 'genre/Drama'] },
    steeringMap: { budget: 0.1, unitLift: 2, layer: 1, attributes: [sciFi] },
    featureMaps: [{ content: '0badcafe', features: [[1, 3]] }],
  } as unknown as Checkpoint,
} satisfies CheckpointInService;

export class FakeService implements Service {
  readonly appended: OutgoingRecord[] = [];
  readonly requests: ListRequest[] = [];
  readonly failures: string[] = [];
  readonly states = new Map<string, UserState>();
  readonly topics = { interactions: 'interactions', profiles: 'profiles' };
  inService: CheckpointInService | undefined = inService;
  reasons: string[] = [];
  /** Of every list; an unsteered one has a share of .25. */
  effects: AttributeEffect[] = [];
  failure: Error | undefined;

  readonly log: Service['log'] = {
    append: async (records) => {
      if (this.failure !== undefined) throw this.failure;
      this.appended.push(...records);
    },
    extents: async () => Array.from({ length: PARTITIONS }, () => ({ first: 0, end: 0 })),
  };
  readonly wire = SINGLE_OBJECT;
  readonly store: Service['store'] = {
    peek: async ({ partition }, userId) =>
      partition === partitionOf(Buffer.from(userId), PARTITIONS) ? this.states.get(userId) : undefined,
  };
  readonly recommender: Service['recommender'] = {
    recommend: async (requests, urgency) => {
      expect(urgency).toBe('interactive');
      this.requests.push(...requests);
      return requests.map((request) => listFor(request, this.effects));
    },
  };
  checkpoint(): CheckpointInService | undefined {
    return this.inService;
  }
  notReady(): readonly string[] {
    return this.reasons;
  }
  async metrics(): Promise<string> {
    return 'steerstream_lists_total 3\n';
  }
  now(): number {
    return NOW;
  }
  failed(error: unknown, request: string): void {
    this.failures.push(`${request}: ${String(error)}`);
  }
  events(): ProfileEvent[] {
    return this.appended.map((record) => {
      const decoded = codec.decode(record.value ?? Buffer.alloc(0));
      if (!decoded.ok) throw new Error(decoded.message);
      return decoded.value;
    });
  }
}

function listFor(
  { state, source, trigger, profile, now, limit, isUnsteered }: ListRequest,
  effects: readonly AttributeEffect[],
): RecommendationList {
  const items = isUnsteered ? ['b', 'a', 'd'] : ['c', 'b', 'a'];
  return {
    listId: 'x',
    userId: state.userId,
    items: items.slice(0, limit).map((itemId, index) => ({ itemId, score: 3 - index, cold: index === 2 })),
    checkpoint: 'first',
    equalizerVersion: state.equalizer.version,
    effects: isUnsteered ? effects.map((effect) => ({ ...effect, share: 0.25 })) : effects,
    reason: { trigger, ranking: state.history.accepted > 0 ? 'model' : 'popular', profile },
    source,
    catalogue: [7],
    producedAt: now,
  };
}

/** A state with two gains, at version 5. */
export function withEqualizer(userId: string): UserState {
  const state = emptyState(userId);
  const gains = {
    'genre/Sci-Fi': { gain: 0.5, at: 1, expiresAt: NOW + 1000 },
    'genre/Drama': { gain: -1, at: 1, expiresAt: null },
  };
  return { ...state, equalizer: { ...state.equalizer, version: 5, gains, preset: 'night' } };
}
