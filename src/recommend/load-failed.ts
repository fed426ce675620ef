/** The engine failed with a checkpoint, which says nothing about another machine's. */
export class LoadFailed extends Error {
  override readonly name = 'LoadFailed';

  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
