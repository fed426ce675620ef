/**
 * How long a task that keeps up rests after a commit. A transaction costs the broker the same however few records it has:
 * who commits at once whatever has come makes the more of them the less there is to do, and the broker's core is full at
 * half of the load that it can bear. So a third of the time is enough for commits; what comes meanwhile is in the next
 * one. Pure.
 */
import type { BatchReport } from './report.js';

/** A rest lasts as long as so many commits like the last one, */
const COMMITS = 2;
/**
 * and ends so long after the batch began, ms: what came since waits already, so that a slow batch is followed by the next
 * one at once.
 */
export const PERIOD_MS = 30;

/**
 * When the next batch may begin, as performance.now() has it. The write of states that may follow a commit is in the rest.
 * @param limit most records that the batch could have had: with so many there are more to come, and no time to rest
 */
export function restUntil(
  { committedAt, records, stages }: Pick<BatchReport, 'committedAt' | 'records' | 'stages'>,
  limit: number,
): number {
  const { reduce = 0, wait = 0, recommend = 0, commit = 0 } = stages;
  const left = PERIOD_MS - (reduce + wait + recommend + commit);
  return records < limit && left > 0 ? committedAt + Math.min(left, COMMITS * commit) : committedAt;
}
