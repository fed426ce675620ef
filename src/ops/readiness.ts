/** Why an instance is not ready to make lists, in words for whoever watches it. */

/** What readiness depends on; the processor's status and the model in service have more to tell. */
export interface ReadinessFacts {
  /** Why the service is about to end, where it is. */
  readonly fault?: string;
  /** `none`: not one was published. */
  readonly checkpoint: 'loaded' | 'none' | { readonly refused: string };
  readonly catalogueRead: boolean;
  /** Whether the processor is at work; `stopped` is why it ended, when it did. */
  readonly processor: 'not-started' | 'running' | { readonly stopped: string };
  /** Tasks of this instance, and why each is not running; null: it is. */
  readonly tasks: readonly { readonly partition: number; readonly waitsFor: string | null }[];
}

/** Empty when ready. An instance without tasks stands by, and is not. */
export function notReadyBecause(facts: ReadinessFacts): readonly string[] {
  if (facts.fault !== undefined) return [`a fault ends the service: ${facts.fault}`];
  if (facts.checkpoint === 'none') return ['no checkpoint has been published yet'];
  if (facts.checkpoint !== 'loaded') return [`the published checkpoint was refused: ${facts.checkpoint.refused}`];
  if (facts.processor === 'not-started') return ['the stream processor has not started yet'];
  if (facts.processor !== 'running') return [`the stream processor stopped: ${facts.processor.stopped}`];
  const reasons = facts.catalogueRead ? [] : ['the catalogue has not been read to its end yet'];
  if (facts.tasks.length === 0)
    return [...reasons, 'no task is assigned: another instance holds them, this one stands by'];
  return [
    ...reasons,
    ...facts.tasks.flatMap(({ partition, waitsFor }) => (waitsFor === null ? [] : [`task ${partition}: ${waitsFor}`])),
  ];
}
