/** Starts the service. Prints one line with its address; everything else goes to stderr. */
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { configureHttp, httpAdapter } from './api/http.js';
import { nestLogger } from './app/nest-logger.js';
import { createShutdown } from './app/shutdown.js';
import { packageVersion } from './app/version.js';
import { AppModule } from './app.module.js';
import { ConfigError, loadConfig } from './config.js';
import { createLogger, SILENT } from './ops/logger.js';

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const logger = config.logLevel === 'silent' ? SILENT : createLogger(config.logLevel);
  const running = Promise.withResolvers<NestFastifyApplication>();
  running.promise.catch(() => undefined);
  const fail = createShutdown(logger, async () => {
    await (await running.promise).close();
  });
  try {
    const module = AppModule.of(config, logger, fail);
    const options = { logger: nestLogger(logger), abortOnError: false };
    const app = await NestFactory.create<NestFastifyApplication>(module, httpAdapter(), options);
    running.resolve(app);
    configureHttp(app, packageVersion());
    await app.listen(config.http.port, config.http.host);
    process.stdout.write(`Steerstream listens at ${await app.getUrl()} (its API: /docs)\n`);
  } catch (error) {
    running.reject(error);
    await running.promise.then(
      (app) => app.close(),
      () => undefined,
    );
    throw error;
  }
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${error instanceof ConfigError ? message : `Steerstream could not start: ${message}`}\n`);
  process.exit(error instanceof ConfigError ? 2 : 1);
});
