/**
 * Where published checkpoints lie. What is published under a number never changes: numbers only rise, and who is served
 * what moves on by the next one alone.
 */

/** A checkpoint is a set of named files; what they mean is src/checkpoint's matter. */
export type CheckpointFiles = ReadonlyMap<string, Buffer>;

/** For everybody. */
export const WHOLE_SHARE = 100;

export interface Publication {
  readonly sequence: number;
  /** Percent of the users that it is for, 1 to 100: below 100 it is a candidate. */
  readonly share: number;
}

export interface PublishTerms {
  /** Everybody unless given. */
  readonly share?: number;
  /** The newest number that the publisher has seen, 0 for none: where there is a newer one, nothing is published. */
  readonly after?: number;
}

/** Nothing was published; the message says why and what to do. */
export class PublicationRefused extends Error {
  override readonly name = 'PublicationRefused';
}

/** Every method throws Unavailable, and nothing else, where what it needs cannot be read now. */
export interface CheckpointStore {
  /** Such as a folder's path or `s3://bucket/prefix`: for messages. */
  readonly place: string;
  /** Sequence numbers, ascending. */
  list(): Promise<readonly number[]>;
  /** Percent of the users that a published number is for. */
  shareOf(sequence: number): Promise<number>;
  /**
   * What decides who is served what: from the newest down to the first that is for everybody, descending.
   * @param unusable numbers of which none is that first one, though they are told with the others
   */
  newest(unusable?: ReadonlySet<number>): Promise<readonly Publication[]>;
  /**
   * Its files, or those of some names that it has.
   * @throws Unavailable also when there is no such checkpoint; any other Error when what was published is not whole
   */
  read(sequence: number, names?: readonly string[]): Promise<CheckpointFiles>;
  /** Publishes under the next number, whole or not at all. @throws PublicationRefused */
  publish(files: CheckpointFiles, terms?: PublishTerms): Promise<number>;
}
