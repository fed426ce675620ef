/** One call of an engine, whose requests are answered one by one and all together. */
import type { EngineRequest, Ranking, Urgency } from '../../ports/engine.js';

export interface Asked {
  readonly request: EngineRequest;
  readonly urgency: Urgency;
  /** When it was asked, ms of performance.now(). */
  readonly since: number;
  answer(ranking: Ranking): void;
  /** Fails the whole call. */
  fail(error: unknown): void;
}

/** `answer` resolves to the rankings in the order of the requests; at once where there are none. */
export function callOf(
  requests: readonly EngineRequest[],
  urgency: Urgency,
): { readonly asked: readonly Asked[]; readonly answer: Promise<readonly Ranking[]> } {
  const call = Promise.withResolvers<readonly Ranking[]>();
  const rankings: Ranking[] = [];
  const since = performance.now();
  let left = requests.length;
  if (left === 0) call.resolve(rankings);
  const asked = requests.map((request, i): Asked => {
    const answer = (ranking: Ranking): void => {
      rankings[i] = ranking;
      if (--left === 0) call.resolve(rankings);
    };
    return { request, urgency, since, answer, fail: call.reject };
  });
  return { asked, answer: call.promise };
}
