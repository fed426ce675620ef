/** How to reach a schema registry with Confluent's API. */

export interface RegistryOptions {
  /** Base addresses of one registry, such as `https://registry:8081`: the next is asked when one does not answer. */
  readonly urls: readonly string[];
  readonly auth?: RegistryAuth;
  /** PEM text of the authority that signed the registry's certificate. */
  readonly ca?: string;
  /** The framing of what is written; both are read. */
  readonly write: 'confluent' | 'single-object';
  /** Whether our schemas may be registered; else they must be there already. */
  readonly register: boolean;
  /** Longest wait for one answer, ms; default 5000. */
  readonly timeoutMs?: number;
}

export type RegistryAuth =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  /** Asked for a token at each request. */
  | { readonly kind: 'bearer'; readonly token: () => Promise<string> };
