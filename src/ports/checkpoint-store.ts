/** Where published checkpoints lie. A checkpoint is a set of named files; what they mean is src/checkpoint's matter. */
export type CheckpointFiles = ReadonlyMap<string, Buffer>;

export interface CheckpointStore {
  /** Sequence numbers, ascending; the greatest is current. */
  list(): Promise<readonly number[]>;
  /** The current checkpoint's number; undefined before the first publication. */
  current(): Promise<number | undefined>;
  /** @throws Error when there is no such checkpoint. */
  read(sequence: number): Promise<CheckpointFiles>;
  /** Publishes under the next number, whole or not at all. */
  publish(files: CheckpointFiles): Promise<number>;
}
