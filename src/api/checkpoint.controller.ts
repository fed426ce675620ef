import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import { attributesView, required } from './attributes.js';
import { ProblemSchema } from './problem.js';
import { type AttributesView, AttributesViewSchema, type CheckpointView, CheckpointViewSchema } from './schemas.js';
import { SERVICE, type Service } from './service.js';

@ApiTags('checkpoint')
@ApiServiceUnavailableResponse({ standardSchema: ProblemSchema, description: 'No checkpoint is loaded yet.' })
@Controller()
export class CheckpointController {
  constructor(@Inject(SERVICE) private readonly service: Service) {}

  /** The attributes that an equalizer can steer, and how far each goes within the budget of quality. */
  @Get('attributes')
  @ApiOkResponse({ standardSchema: AttributesViewSchema })
  attributes(): AttributesView {
    return attributesView(required(this.service.checkpoint()));
  }

  /** The checkpoint that lists are made with. */
  @Get('checkpoints/current')
  @ApiOkResponse({ standardSchema: CheckpointViewSchema })
  current(): CheckpointView {
    const { id, sequence, checkpoint } = required(this.service.checkpoint());
    return {
      id,
      sequence,
      createdAt: checkpoint.manifest.createdAt,
      items: checkpoint.vocabulary.items.length,
      attributes: checkpoint.attributes.names.length,
      steerableAttributes: checkpoint.steeringMap.attributes.length,
      features: checkpoint.manifest.sae.features,
      sharedFeatures: checkpoint.featureMaps.map(({ content, features }) => ({ content, features: features.length })),
      metrics: checkpoint.manifest.metrics,
    };
  }
}
