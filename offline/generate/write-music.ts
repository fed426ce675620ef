/** The synthetic music as files that anybody could have: plays, tracks, moods, and the mapping that reads them. */
import { join } from 'node:path';
import { UserError } from '../../src/terminal/user-error.js';
import { breathe } from '../context.js';
import { writeFileAtomic } from '../files.js';
import { listenerPlays, type Play } from './music-listener.js';
import { GENRES, LANGUAGES, MOODS, type MusicParameters, MusicParametersSchema } from './music-parameters.js';
import { musicTruth, type MusicTruth } from './music-truth.js';
import { createMusicWorld, type MusicWorld } from './music-world.js';

export interface WrittenMusic {
  readonly tracks: number;
  readonly plays: number;
  readonly truth: MusicTruth;
}

/** @throws UserError naming the parameters that are out of bounds */
export async function writeMusic(
  folder: string,
  parameters: MusicParameters,
  signal: AbortSignal,
): Promise<WrittenMusic> {
  const checked = MusicParametersSchema.safeParse(parameters);
  if (!checked.success) {
    const problems = checked.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new UserError(`synthetic music: ${problems.join('; ')}`);
  }
  const world = createMusicWorld(parameters);
  const plays: Play[] = [];
  const first: number[] = [];
  for (let listener = 0; listener < parameters.listeners; listener++) {
    if (listener % 100 === 0) await breathe(signal);
    const own = [...listenerPlays(world, listener)];
    first.push(own[0]?.time ?? parameters.start);
    plays.push(...own);
  }
  plays.sort((a, b) => a.time - b.time);
  const truth = musicTruth(world, plays, first);
  const files = {
    ...tablesOf(world, plays),
    'mapping.json': json(MAPPING),
    'truth.json': json({ parameters, ...truth }),
  };
  for (const [name, text] of Object.entries(files)) await writeFileAtomic(join(folder, name), text);
  return { tracks: world.tracks.length, plays: plays.length, truth };
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
const csv = (rows: readonly (readonly string[])[]): string => `${rows.map((row) => row.join(';')).join('\n')}\n`;

/** No name holds a semicolon, a quote or a bar. */
function tablesOf({ tracks }: MusicWorld, plays: readonly Play[]): Record<string, string> {
  const listenerId = (listener: number): string => `l${String(listener + 1).padStart(5, '0')}`;
  const at = (time: number): string => new Date(time).toISOString();
  return {
    'plays.csv': csv([
      ['listener', 'track', 'played_at'],
      ...plays.map(({ listener, track, time }) => [listenerId(listener), tracks[track]?.id ?? '', at(time)]),
    ]),
    'tracks.csv': csv([
      ['track', 'name', 'style', 'released'],
      ...tracks.map(({ id, name, genre, year }) => [id, name, GENRES[genre] ?? '', `${year}-01-01`]),
    ]),
    'moods.csv': csv([
      ['track', 'mood', 'language'],
      ...tracks.map(({ id, moods, language }) => [
        ...[id, moods.map((mood) => MOODS[mood] ?? '').join('|'), LANGUAGES[language]?.[0] ?? ''],
      ]),
    ]),
    // What no recommender sees: the mood behind each play.
    'sessions.csv': csv([
      ['listener', 'played_at', 'mood'],
      ...plays.map(({ listener, time, mood }) => [listenerId(listener), at(time), MOODS[mood] ?? '']),
    ]),
  };
}

/** For `import csv --mapping`. */
const MAPPING = {
  interactions: {
    ...{ file: 'plays.csv', separator: ';', user: 'listener', item: 'track', time: 'played_at', timeUnit: 'iso' },
  },
  items: {
    ...{ file: 'tracks.csv', separator: ';', id: 'track', title: 'name', decade: 'released' },
    attributes: [{ column: 'style', name: 'genre' }],
  },
  attributes: [{ file: 'moods.csv', separator: ';', id: 'track' }],
};
