import type { LoggerService } from '@nestjs/common';
import type { Logger } from '../ops/logger.js';

/** What the framework says, in our lines; its account of how it starts is for debugging. */
export function nestLogger(logger: Logger): LoggerService {
  const say =
    (level: 'debug' | 'warn' | 'error') =>
    (message: unknown, ...rest: unknown[]): void => {
      logger[level](String(message), { from: 'nest', ...(rest.length > 0 && { details: rest.map(String) }) });
    };
  return {
    log: say('debug'),
    debug: say('debug'),
    verbose: say('debug'),
    warn: say('warn'),
    error: say('error'),
    fatal: say('error'),
  };
}
