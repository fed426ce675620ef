import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/builders/folder.js';
import { allRecords, offlineContext } from '../../test/builders/offline.js';
import { createCodec } from '../../src/events/codec.js';
import { UserError } from '../../src/terminal/user-error.js';
import { mappingOf } from '../import/mapping-flags.js';
import { runImportCsv } from '../import/run-import.js';
import { listenerPlays, nextWeights } from './music-listener.js';
import { describeParameter } from '../world-parameters.js';
import { DEFAULT_MUSIC, LANGUAGES, type MusicParameters, MusicParametersSchema } from './music-parameters.js';
import { musicTruth } from './music-truth.js';
import { createMusicWorld } from './music-world.js';
import { writeMusic } from './write-music.js';

const SMALL: MusicParameters = { ...DEFAULT_MUSIC, tracks: 200, artists: 20, listeners: 120, meanPlays: 30 };
const world = createMusicWorld(SMALL);
const lives = Array.from({ length: SMALL.listeners }, (_, listener) => [...listenerPlays(world, listener)]);
const never = new AbortController().signal;
const FILES = ['plays.csv', 'tracks.csv', 'moods.csv', 'sessions.csv', 'mapping.json', 'truth.json'];

describe('the synthetic music', () => {
  it('is the same for the same parameters, to the byte, and another for another seed', async () => {
    const written = async (parameters: MusicParameters): Promise<string[]> => {
      const folder = temporaryFolder();
      await writeMusic(folder, parameters, never);
      return FILES.map((file) => readFileSync(join(folder, file), 'utf8'));
    };
    const first = await written(SMALL);
    expect(await written(SMALL)).toEqual(first);
    expect((await written({ ...SMALL, seed: 2 }))[0]).not.toBe(first[0]);
  });

  it('has tracks of one or two different moods, each with its artist’s language, none called as another', () => {
    for (const { moods, artist, language } of world.tracks) {
      expect([1, 2]).toContain(moods.length);
      expect(new Set(moods).size).toBe(moods.length);
      expect(language).toBe(world.tracks.find((other) => other.artist === artist)!.language);
    }
    expect(new Set(world.tracks.map(({ name }) => name)).size).toBe(SMALL.tracks);
  });

  it('gives each listener the same life among more listeners; nobody plays a track twice; time goes on', () => {
    const more = createMusicWorld({ ...SMALL, listeners: 5000 });
    expect([...listenerPlays(more, 17)]).toEqual(lives[17]);
    for (const plays of lives) {
      expect(new Set(plays.map(({ track }) => track)).size).toBe(plays.length);
      const times = plays.map(({ time }) => time);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }
  });

  it('has moods that persist, and that show in what is played', () => {
    const plays = lives.flat();
    const pairs = lives.flatMap((life) => life.slice(1).map((play, i) => play.mood === life[i]!.mood));
    expect(pairs.filter(Boolean).length / pairs.length).toBeGreaterThan(0.8);
    const { moods } = musicTruth(
      world,
      plays,
      lives.map((life) => life[0]!.time),
    );
    for (const { share, shareInMood } of moods) expect(shareInMood).toBeGreaterThan(share + 0.3);
  });

  it('weighs what is next by liking and mood, and by the artist played last with the probability that is asked for', () => {
    const liking = Float64Array.from(world.tracks, (_, i) => (i === 3 ? 0 : 1));
    const { artist } = world.tracks[0]!;
    const weights = nextWeights(world, { liking, mood: 2, artist });
    const alone = nextWeights(world, { liking, mood: 2, artist: null });
    expect(weights[3]).toBe(0);
    const sum = (of: Float64Array, one: (i: number) => boolean): number =>
      of.reduce((total, weight, i) => total + (one(i) ? weight : 0), 0);
    const isArtist = (i: number): boolean => world.tracks[i]!.artist === artist;
    const [by, before, all] = [sum(weights, isArtist), sum(alone, isArtist), sum(alone, () => true)];
    expect(by / sum(weights, () => true)).toBeCloseTo(SMALL.sameArtist + (1 - SMALL.sameArtist) * (before / all), 9);
    const [bearer, other] = [true, false].map((has) =>
      world.tracks.findIndex(({ moods }, i) => i !== 3 && moods.includes(2) === has),
    );
    expect(alone[bearer!]! / alone[other!]!).toBeCloseTo(Math.exp(SMALL.moodFits), 9);
  });

  it('an oracle finds more than chance does', () => {
    const { oracle } = musicTruth(
      world,
      lives.flat(),
      lives.map((life) => life[0]!.time),
    );
    expect(oracle.listeners).toBe(12);
    expect(oracle.hitRate).toBeGreaterThan(10 / SMALL.tracks);
    expect(oracle.ndcg).toBeLessThanOrEqual(oracle.hitRate);
  });

  it('is read by import csv with the mapping that lies beside it', async () => {
    const folder = temporaryFolder();
    const { plays } = await writeMusic(folder, SMALL, never);
    const context = offlineContext();
    await runImportCsv(context, await mappingOf({ mapping: join(folder, 'mapping.json') }));
    const { interactions, catalogue } = context.config.topics;
    expect(await allRecords(context, interactions)).toHaveLength(plays);
    const items = (await allRecords(context, catalogue)).map(({ value }) => {
      const decoded = createCodec('catalogue-item').decode(value!);
      if (!decoded.ok) throw new Error('an item was not readable');
      return decoded.value;
    });
    expect(items).toHaveLength(SMALL.tracks);
    for (const { attributes } of items)
      for (const kind of ['genre/', 'decade/', 'mood/', 'language/'])
        expect(attributes.some((attribute) => attribute.startsWith(kind))).toBe(true);
    const languages = items.flatMap(({ attributes }) => attributes.filter((name) => name.startsWith('language/')));
    for (const name of languages) expect(LANGUAGES.map(([code]) => `language/${code}`)).toContain(name);
  });

  it('refuses parameters by name', async () => {
    await expect(writeMusic(temporaryFolder(), { ...SMALL, zipf: -1 }, never)).rejects.toThrow(UserError);
    await expect(writeMusic(temporaryFolder(), { ...SMALL, zipf: -1 }, never)).rejects.toThrow(/zipf/);
  });

  it('has every parameter in docs/music.md, with its default', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/music.md'), 'utf8');
    for (const [name, value] of Object.entries(DEFAULT_MUSIC))
      expect(page).toContain(`| \`${name}\` | ${value} | ${describeParameter(MusicParametersSchema, name)} |`);
  });
});
