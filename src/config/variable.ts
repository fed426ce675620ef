/** Kinds of variables of the environment: each is text in, a checked value out. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** What a variable is: `fallback` is the text that stands where none is given. */
export interface About {
  readonly fallback: string;
  readonly allowed: string;
  readonly about: string;
  /** Never shown; NAME_FILE may name a file that holds it instead. */
  readonly isSecret?: true;
}

type FromText = z.ZodType<unknown, string>;

/** A variable of the environment: text in, a checked value out. */
export function variable<S extends FromText>(about: About, schema: S): z.ZodPrefault<S> {
  return schema.prefault(about.fallback as z.input<S>).meta({ ...about });
}

export function text(fallback: string, allowed: string, about: string, pattern = /\S/) {
  return variable({ fallback, allowed, about }, z.string().regex(pattern));
}

export function whole(fallback: number, min: number, max: number, about: string) {
  const allowed = `a whole number from ${min} to ${max}`;
  const schema = z.string().regex(/^\d+$/).transform(Number).pipe(z.int().min(min).max(max));
  return variable({ fallback: String(fallback), allowed, about }, schema);
}

export function oneOf<const T extends readonly string[]>(choices: T, fallback: T[number], about: string) {
  return variable({ fallback, allowed: choices.map((choice) => `\`${choice}\``).join(', '), about }, z.enum(choices));
}

export function topic(fallback: string, about: string) {
  return text(fallback, 'letters, digits, `.`, `_`, `-`; at most 249', about, /^(?!\.{1,2}$)[\w.-]{1,249}$/);
}

/** Text that may be left out: undefined then. */
export function optional(allowed: string, about: string, pattern = /\S/) {
  const schema = z
    .string()
    .regex(new RegExp(`^$|${pattern.source}`))
    .transform((value) => value || undefined);
  return variable({ fallback: '', allowed, about }, schema);
}

export function secret(about: string) {
  const schema = z.string().transform((value) => value || undefined);
  return variable({ fallback: '', allowed: 'a secret', about, isSecret: true }, schema);
}

/** The text of a file that the variable names. */
export function pem(about: string) {
  const schema = z.string().transform((path, context) => {
    if (path === '') return undefined;
    try {
      return readFileSync(path, 'utf8');
    } catch {
      context.addIssue('unreadable');
      return z.NEVER;
    }
  });
  return variable({ fallback: '', allowed: 'a PEM file that can be read', about }, schema);
}

/** A comma-separated list. */
export function list(allowed: string, about: string, pattern: RegExp) {
  const schema = z
    .string()
    .transform((value) =>
      value
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .refine((parts) => parts.every((part) => pattern.test(part)));
  return variable({ fallback: '', allowed, about }, schema);
}
