/** Which adapter serves each port, and how the parts of the service hang together. */
import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { openCheckpoints, openEngine, openLog, openStore, openWire } from './adapters/open.js';
import { ApiModule } from './api/api.module.js';
import type { Service } from './api/service.js';
import { reportCheckpoints } from './app/checkpoint-reports.js';
import { observeEngine } from './app/engine-metrics.js';
import { Lifecycle } from './app/lifecycle.js';
import { readinessFacts } from './app/readiness.js';
import { observeStream, scrape } from './app/stream-metrics.js';
import { streamSettings } from './app/stream-settings.js';
import type { Config } from './config.js';
import type { WireFormat } from './events/wire-format.js';
import type { Logger } from './ops/logger.js';
import { createMetrics, type Metrics } from './ops/metrics.js';
import { notReadyBecause } from './ops/readiness.js';
import type { CheckpointStore } from './ports/checkpoint-store.js';
import type { Engine } from './ports/engine.js';
import type { Log } from './ports/log.js';
import type { StateStore } from './ports/state-store.js';
import { ServingModel } from './recommend/serving-model.js';
import { CatalogueView } from './stream/catalogue-view.js';
import { Processor } from './stream/processor.js';

const LOG = Symbol('Log');
const STORE = Symbol('StateStore');
const CHECKPOINTS = Symbol('CheckpointStore');
const ENGINE = Symbol('Engine');
const WIRE = Symbol('WireFormat');

@Module({})
export class AppModule {
  /** `onFault` is told when the service cannot go on. */
  static of(config: Config, logger: Logger, onFault: (error: unknown) => void): DynamicModule {
    const metrics = createMetrics();
    const faults: unknown[] = [];
    const failed = (error: unknown): void => {
      faults.push(error);
      onFault(error);
    };
    const providers = [...adapters(config, logger, metrics, failed), ...core(config, logger, metrics, failed)];
    const parts: DynamicModule = {
      module: PartsModule,
      providers: [...providers, lifecycle(config, logger, failed)],
      exports: [LOG, STORE, WIRE, ServingModel, Processor],
    };
    const service = {
      inject: [LOG, STORE, WIRE, ServingModel, Processor],
      useFactory: (
        log: Log,
        store: StateStore,
        wire: WireFormat,
        model: ServingModel,
        processor: Processor,
      ): Service => ({
        log,
        store,
        wire,
        recommender: model,
        topics: config.topics,
        checkpoint: (userId) => (userId === undefined ? model.current : model.of(userId)),
        notReady: () => notReadyBecause(readinessFacts(model, processor, faults)),
        metrics: () => scrape(metrics, model, processor),
        now: Date.now,
        failed: (error, request) => {
          logger.error('request failed', { request, error });
        },
      }),
    };
    return { module: AppModule, imports: [parts, ApiModule.of(service, [parts])] };
  }
}

@Module({})
class PartsModule {}

function adapters(config: Config, logger: Logger, metrics: Metrics, onFault: (error: unknown) => void): Provider[] {
  return [
    { provide: LOG, useFactory: (): Promise<Log> => openLog(config, logger) },
    { provide: STORE, useFactory: (): Promise<StateStore> => openStore(config, logger) },
    { provide: WIRE, useFactory: (): Promise<WireFormat> => openWire(config) },
    { provide: CHECKPOINTS, useFactory: (): Promise<CheckpointStore> => openCheckpoints(config.checkpoints.place) },
    { provide: ENGINE, useFactory: (): Promise<Engine> => openEngine(config, observeEngine(metrics, logger, onFault)) },
  ];
}

function core(config: Config, logger: Logger, metrics: Metrics, onFault: (error: unknown) => void): Provider[] {
  return [
    {
      provide: CatalogueView,
      inject: [LOG, WIRE],
      useFactory: (log: Log, wire: WireFormat) => new CatalogueView(log, config.topics.catalogue, logger, wire),
    },
    {
      provide: ServingModel,
      inject: [ENGINE, CHECKPOINTS, CatalogueView],
      useFactory: (engine: Engine, store: CheckpointStore, catalogue: CatalogueView) =>
        new ServingModel({
          engine,
          store,
          catalogue,
          settings: {
            listSize: config.listSize,
            seen: config.seen,
            coldItems: config.coldItems,
            sequenceLength: config.reducer.sequenceLength,
          },
          ...reportCheckpoints(metrics, logger, engine.name),
        }),
    },
    {
      provide: Processor,
      inject: [LOG, STORE, WIRE, CatalogueView, ServingModel],
      useFactory: (
        log: Log,
        store: StateStore,
        wire: WireFormat,
        catalogue: CatalogueView,
        recommender: ServingModel,
      ) => {
        const settings = streamSettings(config);
        const observe = observeStream(metrics);
        return new Processor({ log, store, wire, catalogue, recommender, settings, logger, observe, onFault });
      },
    },
  ];
}

function lifecycle(config: Config, logger: Logger, onFault: (error: unknown) => void): Provider {
  return {
    provide: Lifecycle,
    inject: [LOG, STORE, CatalogueView, ServingModel, Processor],
    useFactory: (log: Log, store: StateStore, catalogue: CatalogueView, model: ServingModel, processor: Processor) =>
      new Lifecycle({ config, log, store, catalogue, model, processor, logger, onFault }),
  };
}
