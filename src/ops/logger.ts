/** Logging: one JSON object a line, on stderr. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a message is about; an Error is written with its stack and its cause. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/**
 * Writes what is at least as grave as `level`.
 * @param write takes one line without its line end; default: stderr
 */
export function createLogger(level: LogLevel = 'info', write: (line: string) => void = toStderr): Logger {
  const threshold = LOG_LEVELS.indexOf(level);
  const at = (name: LogLevel) => {
    if (LOG_LEVELS.indexOf(name) < threshold) return () => undefined;
    return (message: string, fields: LogFields = {}): void => {
      write(JSON.stringify({ time: new Date().toISOString(), level: name, message, ...fields }, plain));
    };
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** A logger that says nothing, for tests and tools. */
export const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

function toStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** JSON has no errors and no big integers. */
function plain(_key: string, value: unknown): unknown {
  if (value instanceof Error) {
    return {
      name: value.name,
      message: value.message,
      stack: value.stack,
      ...(value.cause !== undefined && { cause: value.cause }),
    };
  }
  return typeof value === 'bigint' ? value.toString() : value;
}
