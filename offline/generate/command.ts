/** `generate music` */
import { type AddCommand, examples } from '../session.js';
import { addParameterOptions } from '../world-parameters.js';
import { DEFAULT_MUSIC, type MusicParameters, MusicParametersSchema } from './music-parameters.js';
import { writeMusic } from './write-music.js';

export const addGenerate: AddCommand = (program, session) => {
  const music = program
    .command('generate')
    .description('write files of a synthetic history, to be imported as anybody’s would be')
    .command('music')
    .description('tracks, moods and plays as CSV with a mapping, and the truth behind them; docs/music.md')
    .argument('<folder>', 'where the files go')
    .addHelpText('after', examples('generate music music', 'import csv --mapping music/mapping.json'));
  addParameterOptions(music, MusicParametersSchema, DEFAULT_MUSIC);
  music.action((folder: string, parameters: MusicParameters) =>
    session.interruptible(async (signal) => {
      const { tracks, plays, truth } = await writeMusic(folder, parameters, signal);
      const { listeners, ndcg, hitRate } = truth.oracle;
      session.print(`music: ${tracks} tracks and ${plays} plays in ${folder}`);
      session.print(
        `music: who knew all that the next play was drawn from would reach NDCG@10 ${ndcg.toFixed(4)}, HitRate@10 ` +
          `${hitRate.toFixed(3)} on the last plays of the ${listeners} newest listeners`,
      );
      session.print(`next: npm run offline -- import csv --mapping ${folder}/mapping.json`);
    }),
  );
};
