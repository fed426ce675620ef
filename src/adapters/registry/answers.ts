/** What a registry said, by what its client throws. */
import { Unavailable } from '../../ports/errors.js';

/** As which the client introduces itself, and begins its messages. */
export const CLIENT = 'steerstream';
/** What the client puts before its messages. */
const PREFIX = `${CLIENT} - `;

/** The registry understood the question and said no. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * What the client throws has a status and a text. A network's failure is among them as status 400, and a 404 may come
 * from whatever else listens at the address: the registry's own answers are those that have a message of their own.
 */
export function asRefusal(error: unknown): Refusal | undefined {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return undefined;
  const { status } = error;
  const message = error.message.replace(PREFIX, '');
  if (status === 404 && /^(Error, status|HTTP 404)/.test(message)) return undefined;
  return [401, 403, 404, 409, 422].includes(status) ? new Refusal(status, message) : undefined;
}

/** In the words of the registry or the network. */
function said(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message.replace(PREFIX, '').replace(/^Error, status 400: /, '');
}

export function refusalOf({ status, message }: Refusal, subject: string, register: boolean): string {
  const said = `(it says: ${message.slice(0, 500)})`;
  if (status === 401 || status === 403) {
    return `the schema registry does not let us ${register ? 'register a schema for' : 'look at'} "${subject}" ${said}: check its user and password or its token`;
  }
  if (status === 409) {
    return `our schema for "${subject}" is not compatible with those the registry has ${said}: another program registered something else there, or the subject's compatibility is stricter than BACKWARD`;
  }
  if (status === 404 && !register) {
    return `our schema is not registered for "${subject}" ${said}: register it (the folder schemas/ of the package has it), or let Steerstream do so`;
  }
  return `the schema registry refuses our schema for "${subject}" ${said}`;
}

export function unavailable(what: string, cause: unknown): Unavailable {
  return new Unavailable(`the schema registry ${what}: ${said(cause).slice(0, 500)}`, { cause });
}
