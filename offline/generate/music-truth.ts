/** What is known of the synthetic music beside what is written into the log: what an oracle reaches, and the moods. */
import { ndcg } from '../evaluate/ranking-metrics.js';
import { topK } from '../../src/model/top-k.js';
import { listenerPlays, nextWeights, type Play } from './music-listener.js';
import { MOODS } from './music-parameters.js';
import type { MusicWorld } from './music-world.js';

export type MusicTruth = {
  /** Of the newest tenth of the listeners: the last play, by the weights that it was drawn from. */
  readonly oracle: { readonly listeners: number; readonly ndcg: number; readonly hitRate: number };
  readonly moods: readonly {
    readonly mood: string;
    /** Of all plays, those whose track has the mood. */
    readonly share: number;
    /** Of the plays in a session of the mood. */
    readonly shareInMood: number;
  }[];
};

/** @param first when each listener began, ms */
export function musicTruth(world: MusicWorld, plays: readonly Play[], first: readonly number[]): MusicTruth {
  const newest = Array.from(first.keys())
    .sort((a, b) => (first[b] ?? 0) - (first[a] ?? 0))
    .slice(0, Math.max(1, Math.round(first.length / 10)));
  const found = newest.map((listener) => oracleNdcg(world, listener));
  const has = ({ track }: Play, mood: number): boolean => world.tracks[track]?.moods.includes(mood) ?? false;
  const share = (of: readonly Play[], mood: number): number =>
    of.filter((play) => has(play, mood)).length / Math.max(1, of.length);
  return {
    oracle: {
      listeners: newest.length,
      ndcg: found.reduce((sum, value) => sum + value, 0) / newest.length,
      hitRate: found.filter((value) => value > 0).length / newest.length,
    },
    moods: MOODS.map((name, mood) => ({
      mood: name,
      share: share(plays, mood),
      shareInMood: share(
        plays.filter((play) => play.mood === mood),
        mood,
      ),
    })),
  };
}

/** Of the listener's last play. */
function oracleNdcg(world: MusicWorld, listener: number): number {
  let value = 0;
  const watch = (situation: Parameters<typeof nextWeights>[1], track: number): void => {
    value = ndcg(
      topK(Float32Array.from(nextWeights(world, situation)), 10, (i) => situation.liking[i] === 0),
      track,
    );
  };
  // The last one counts: each play overwrites the one before.
  for (const _ of listenerPlays(world, listener, watch));
  return value;
}
