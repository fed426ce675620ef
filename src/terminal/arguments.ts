/** Reads the arguments of options, for commander. */
import { InvalidArgumentError } from 'commander';

/** Reads a number of an option. */
export function numberBetween(least: number, greatest: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= least && value <= greatest) return value;
    throw new InvalidArgumentError(`It must be a number from ${least} to ${greatest}.`);
  };
}

/** Reads a whole number of an option. */
export function wholeNumber(least: number, greatest = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^-?\d+$/.test(text) && value >= least && value <= greatest) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${greatest}.`);
  };
}

/** Reads several of them, with commas between. */
export function listOf<T>(read: (text: string) => T): (text: string) => T[] {
  return (text) => text.split(',').map((part) => read(part.trim()));
}

/** Reads one of some names. */
export function oneOf<T extends string>(choices: readonly T[]): (text: string) => T {
  return (text) => {
    const found = choices.find((choice) => choice === text);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.`);
  };
}
