/** Who has a task, as a group would say it: only that member's heartbeats succeed, the others' wait. */
export class Assignment {
  #owner: string;
  readonly #waiting = new Map<string, () => void>();
  readonly #refused = new Map<string, PromiseWithResolvers<undefined>>();

  constructor(owner: string) {
    this.#owner = owner;
  }

  heartbeat(member: string): Promise<void> {
    if (member === this.#owner) return Promise.resolve();
    this.#refusal(member).resolve(undefined);
    return new Promise((resolve) => {
      this.#waiting.set(member, resolve);
    });
  }

  /** Resolves once this member waits for a heartbeat that does not succeed. */
  async waits(member: string): Promise<void> {
    await this.#refusal(member).promise;
  }

  giveTo(member: string): void {
    this.#owner = member;
    this.#refused.delete(member);
    this.#waiting.get(member)?.();
    this.#waiting.delete(member);
  }

  /** A member that is gone hears nothing more. */
  forget(member: string): void {
    this.#waiting.delete(member);
    if (this.#owner === member) this.#owner = '';
  }

  #refusal(member: string): PromiseWithResolvers<undefined> {
    const refusal = this.#refused.get(member) ?? Promise.withResolvers<undefined>();
    this.#refused.set(member, refusal);
    return refusal;
  }
}
