import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiBadRequestResponse, ApiOkResponse, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import type { RecommendationList } from '../events/events.js';
import { required } from './attributes.js';
import { ProblemSchema } from './problem.js';
import { type ListQuery, ListQuerySchema, type ListView, ListViewSchema, UserIdSchema } from './schemas.js';
import { SERVICE, type Service } from './service.js';
import { UserStates } from './user-states.js';

@ApiTags('recommendations')
@Controller('users/:userId/recommendations')
export class RecommendationsController {
  constructor(
    @Inject(SERVICE) private readonly service: Service,
    @Inject(UserStates) private readonly states: UserStates,
  ) {}

  /** The list that the user's stored state gives now. Users without history get popular items. */
  @Get()
  @ApiOkResponse({ standardSchema: ListViewSchema })
  @ApiBadRequestResponse({ standardSchema: ProblemSchema })
  @ApiServiceUnavailableResponse({
    standardSchema: ProblemSchema,
    description: 'No checkpoint is loaded yet, or too many requests wait.',
  })
  async current(
    @Param('userId', { schema: UserIdSchema }) userId: string,
    @Query({ schema: ListQuerySchema }) query: ListQuery,
  ): Promise<ListView> {
    const { topics, recommender } = this.service;
    required(this.service.checkpoint());
    const state = await this.states.of(userId);
    // No record led to this list: it has no place in the log, and its answer names none.
    const source = { topic: topics.interactions, partition: 0, offset: -1 };
    const request = { state, source, trigger: 'interaction', profile: null, now: this.service.now() } as const;
    const wanted = query.limit === undefined ? request : { ...request, limit: query.limit };
    const isContrast = query.explain === 'contrast';
    const asked = isContrast ? [wanted, { ...wanted, isUnsteered: true } as const] : [wanted];
    const [list, unsteered] = await recommender.recommend(asked, 'interactive');
    if (list === undefined) throw new Error('The recommender gave no list for one request');
    const { items, effects } = contrasted(list, unsteered);
    return {
      userId,
      items,
      checkpoint: list.checkpoint,
      equalizerVersion: list.equalizerVersion,
      ranking: list.reason.ranking,
      effects,
      producedAt: new Date(list.producedAt).toISOString(),
    };
  }
}

/** Beside each item and effect, where there is a list with no gain set, what that one has. */
function contrasted(list: RecommendationList, unsteered?: RecommendationList): Pick<ListView, 'items' | 'effects'> {
  const listed = unsteered && new Set(unsteered.items.map(({ itemId }) => itemId));
  return {
    items: list.items.map(({ itemId, score, cold }) => ({
      ...{ itemId, score, cold },
      ...(listed && { steered: !listed.has(itemId) }),
    })),
    effects: list.effects.map((effect, i) => ({
      ...effect,
      ...(unsteered && { unsteeredShare: unsteered.effects[i]?.share ?? 0 }),
    })),
  };
}
