/** A schema registry's HTTP API, and what its answers mean. */
import { Agent } from 'node:https';
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import type { Schema } from 'avsc';
import { z } from 'zod';
import { asRefusal, CLIENT, Refusal, refusalOf, unavailable } from './answers.js';
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
