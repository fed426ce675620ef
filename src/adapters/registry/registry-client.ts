/** A schema registry's HTTP API, and what its answers mean. */
import { Agent } from 'node:https';
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import type { Schema } from 'avsc';
import { z } from 'zod';
import { Unavailable } from '../../ports/errors.js';
import type { RegistryAuth, RegistryOptions } from './options.js';
import { RegistryRefused } from './refused.js';

const RegisteredSchema = z.object({
  schema: z.string(),
  /** AVRO where it is not given. */
  schemaType: z.string().default('AVRO'),
  references: z.array(z.unknown()).default([]),
});
export type RegisteredSchema = z.output<typeof RegisteredSchema>;

const Registered = z.object({ id: z.int().positive() });

/** @throws Error */
function understood<T>(schema: z.ZodType<T>, answer: unknown): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new Error('what answers at its address is no schema registry');
}

type Arguments = ConstructorParameters<typeof SchemaRegistry>[0];
interface Ask {
  readonly id?: number;
  readonly subject?: string;
  readonly body?: object;
  readonly signal: AbortSignal;
}
type Call = (ask: Ask) => Promise<{ data(): unknown }>;

/**
 * The client's own HTTP calls, below its class: that one insists on a subject's compatibility being the one it is told,
 * and parses whatever a foreign schema refers to before anything can be checked.
 */
interface Api {
  readonly Schema: { readonly find: Call };
  readonly Subject: { readonly register: Call; readonly registered: Call };
}

const CLIENT = 'steerstream';
/** What the client puts before its messages. */
const PREFIX = `${CLIENT} - `;
const DEFAULT_TIMEOUT = 5000;

export class RegistryClient {
  readonly #apis: readonly Api[];
  readonly #register: boolean;
  readonly #timeoutMs: number;
  /** The one that answered last is asked first. */
  #answering = 0;

  constructor(options: RegistryOptions) {
    this.#register = options.register;
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT;
    this.#apis = options.urls.map((url) => new SchemaRegistry(argumentsOf(url, options))['api'] as Api);
  }

  /** Undefined: the registry has no schema of this id. @throws Unavailable */
  async schema(id: number): Promise<RegisteredSchema | undefined> {
    try {
      return understood(RegisteredSchema, await this.#ask((api) => api.Schema.find, { id }));
    } catch (error) {
      if (error instanceof Refusal && error.status === 404) return undefined;
      throw unavailable(`cannot be asked for schema ${id}`, error);
    }
  }

  /**
   * The id of our schema under a subject, registered where that is allowed. What compatibility it must have is the
   * registry's own setting.
   * @throws RegistryRefused, Unavailable
   */
  async idOf(subject: string, schema: Schema): Promise<number> {
    const body = { schema: JSON.stringify(schema) };
    try {
      const method = (api: Api): Call => (this.#register ? api.Subject.register : api.Subject.registered);
      return understood(Registered, await this.#ask(method, { subject, body })).id;
    } catch (error) {
      if (error instanceof Refusal)
        throw new RegistryRefused(refusalOf(error, subject, this.#register), { cause: error });
      throw unavailable(`cannot be asked for subject "${subject}"`, error);
    }
  }

  /** @throws Refusal when a registry said no; whatever else is wrong when none answered properly */
  async #ask(method: (api: Api) => Call, ask: Omit<Ask, 'signal'>): Promise<unknown> {
    let failure: unknown;
    const from = this.#answering;
    for (let turn = 0; turn < this.#apis.length; turn += 1) {
      const at = (from + turn) % this.#apis.length;
      const api = this.#apis[at] as Api;
      try {
        const answer = await within(this.#timeoutMs, (signal) => method(api)({ ...ask, signal }));
        this.#answering = at;
        return answer.data();
      } catch (error) {
        const refusal = asRefusal(error);
        if (refusal !== undefined) throw refusal;
        failure = error;
      }
    }
    throw failure;
  }
}

/** The registry understood the question and said no. */
class Refusal extends Error {
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
function asRefusal(error: unknown): Refusal | undefined {
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

function refusalOf({ status, message }: Refusal, subject: string, register: boolean): string {
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

function unavailable(what: string, cause: unknown): Unavailable {
  return new Unavailable(`the schema registry ${what}: ${said(cause).slice(0, 500)}`, { cause });
}

/** The client has no time limit of its own, and never settles when a connection ends within an answer. */
async function within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new Error(`no answer within ${ms} ms`));
    abort.abort();
  }, ms);
  try {
    return await Promise.race([work(abort.signal), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function argumentsOf(url: string, { auth, ca }: RegistryOptions): Arguments {
  return {
    host: url.replace(/\/+$/, ''),
    clientId: CLIENT,
    // Whoever asks has a backoff of its own.
    retry: { retries: 0 },
    ...(ca !== undefined && url.startsWith('https:') && { agent: new Agent({ ca }) }),
    ...(auth?.kind === 'basic' && { auth: { username: auth.username, password: auth.password } }),
    ...(auth?.kind === 'bearer' && { middlewares: [bearer(auth)] }),
  };
}

function bearer({ token }: RegistryAuth & { kind: 'bearer' }): NonNullable<Arguments['middlewares']>[number] {
  return () => ({
    prepareRequest: async (next) => {
      const request = await next();
      return request.enhance({ headers: { authorization: `Bearer ${await token()}` } });
    },
  });
}
