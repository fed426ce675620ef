import { type DynamicModule, type FactoryProvider, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { CheckpointController } from './checkpoint.controller.js';
import { EqualizerChanges } from './equalizer-changes.js';
import { EqualizerController } from './equalizer.controller.js';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';
import { ProblemFilter } from './problem-filter.js';
import { ProfileEvents } from './profile-events.js';
import { RecommendationsController } from './recommendations.controller.js';
import { SERVICE, type Service } from './service.js';
import { UserStates } from './user-states.js';

/** The HTTP face of a service that somebody else has put together. */
@Module({})
export class ApiModule {
  /** `service` makes the Service from providers of `imports`. */
  static of(service: Omit<FactoryProvider<Service>, 'provide'>, imports: DynamicModule[] = []): DynamicModule {
    return {
      module: ApiModule,
      imports,
      controllers: [
        HealthController,
        MetricsController,
        RecommendationsController,
        EqualizerController,
        CheckpointController,
      ],
      providers: [
        { ...service, provide: SERVICE },
        { provide: APP_FILTER, useClass: ProblemFilter },
        UserStates,
        ProfileEvents,
        EqualizerChanges,
      ],
    };
  }
}
