/** Parameters of a generator: a schema whose fields say what they mean, and an option of the command line for each. */
import type { Command } from 'commander';
import type { z } from 'zod';
import { numberBetween } from '../src/terminal/arguments.js';

/** What a parameter means, in a few words. */
export function describeParameter({ shape }: z.ZodObject, name: string): string {
  return (shape[name] as z.ZodType | undefined)?.description ?? '';
}

/** One number for each parameter, named with dashes; the schema has the last word on what is allowed. */
export function addParameterOptions(
  command: Command,
  schema: z.ZodObject,
  defaults: Readonly<Record<string, number>>,
): void {
  for (const [name, value] of Object.entries(defaults)) {
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const number = numberBetween(name === 'seed' ? Number.MIN_SAFE_INTEGER : 0, Number.MAX_SAFE_INTEGER);
    command.option(`--${flag} <number>`, describeParameter(schema, name), number, value);
  }
}
