/**
 * What is published already, under the next number: numbers only rise, so that no user's lists go back. Each publication
 * comes after what was seen when it was decided on, or not at all.
 */
import { CheckpointRefused, contentHash, contentId, decodeCheckpoint, MANIFEST } from '../../src/checkpoint/files.js';
import {
  type CheckpointFiles,
  type CheckpointStore,
  type Publication,
  WHOLE_SHARE,
} from '../../src/ports/checkpoint-store.js';
import { UserError } from '../../src/terminal/user-error.js';

type Print = (line: string) => void;

/** The newest candidate's content, for a larger share of the users than now. */
export async function promote(store: CheckpointStore, print: Print, share: number): Promise<void> {
  const { candidate } = await present(store);
  if (share <= candidate.share)
    throw new UserError(
      `candidate ${candidate.sequence} has ${candidate.share} % already: promote it to more, or withdraw it`,
    );
  await publishAgain(store, print, candidate, { share, after: candidate.sequence });
}

/** What serves the others, for the candidate's users too. */
export async function withdraw(store: CheckpointStore, print: Print): Promise<void> {
  const { candidate, main } = await present(store);
  await publishAgain(store, print, main, { share: WHOLE_SHARE, after: candidate.sequence });
}

/** An older content for everybody. @param to its number; what served everybody before the present one unless given */
export async function rollBack(store: CheckpointStore, print: Print, to: number | undefined): Promise<void> {
  const [newest] = await store.newest();
  if (newest === undefined) throw new UserError(`nothing is published in ${store.place} yet`);
  const sequence = to ?? (await servedBefore(store));
  const terms = { share: WHOLE_SHARE, after: newest.sequence };
  await publishAgain(store, print, { sequence, share: await shareOf(store, sequence) }, terms);
}

/**
 * The share of a new candidate, and what it comes after.
 * @throws UserError where nothing serves the others, or it would be for fewer than the candidate before it
 */
export async function candidateTerms(store: CheckpointStore, share: number): Promise<{ share: number; after: number }> {
  const newest = await store.newest();
  const [first] = newest;
  if (first === undefined || !newest.some(isForAll))
    throw new UserError('a candidate is for some of the users: publish something for everybody first');
  if (!isForAll(first) && share < first.share) {
    throw new UserError(
      `candidate ${first.sequence} is for ${first.share} % of the users, who would not all go on to one for ${share} %: ` +
        'withdraw it first, or give the new one as much',
    );
  }
  return { share, after: first.sequence };
}

async function present(store: CheckpointStore): Promise<{ candidate: Publication; main: Publication }> {
  const newest = await store.newest();
  const [candidate] = newest;
  const main = newest.find(isForAll);
  if (candidate === undefined || main === undefined || isForAll(candidate))
    throw new UserError(`there is no candidate in ${store.place}: \`publish --candidate PERCENT\` makes one`);
  return { candidate, main };
}

const isForAll = ({ share }: Publication): boolean => share === WHOLE_SHARE;

async function publishAgain(
  store: CheckpointStore,
  print: Print,
  { sequence, share }: Publication,
  terms: { readonly share: number; readonly after: number },
): Promise<void> {
  const files = await checked(store, sequence);
  const published = await store.publish(files, terms);
  const [of, now] = [share, terms.share].map((one) => (one === WHOLE_SHARE ? 'everybody' : `${one} %`));
  print(`checkpoint ${published}-${contentId(files)} for ${now}: the content of ${sequence}, which was for ${of}`);
}

/** What services would refuse is not published again. */
async function checked(store: CheckpointStore, sequence: number): Promise<CheckpointFiles> {
  const files = await store.read(sequence);
  try {
    decodeCheckpoint(files);
    return files;
  } catch (error) {
    if (!(error instanceof CheckpointRefused)) throw error;
    throw new UserError(`checkpoint ${sequence} in ${store.place} cannot be used: ${error.message}`);
  }
}

/** The newest for everybody whose content is another than what serves everybody now. */
async function servedBefore(store: CheckpointStore): Promise<number> {
  const contentOf = async (sequence: number): Promise<string | undefined> => {
    const files = await store.read(sequence, [MANIFEST]);
    return files.has(MANIFEST) ? contentHash(files) : undefined;
  };
  const main = (await store.newest()).find(isForAll);
  if (main !== undefined) {
    const content = await contentOf(main.sequence);
    for (const sequence of (await store.list()).filter((one) => one < main.sequence).toReversed()) {
      if ((await store.shareOf(sequence)) < WHOLE_SHARE) continue;
      if (![content, undefined].includes(await contentOf(sequence))) return sequence;
    }
  }
  throw new UserError(`nothing else served everybody before in ${store.place}`);
}

async function shareOf(store: CheckpointStore, sequence: number): Promise<number> {
  if ((await store.list()).includes(sequence)) return store.shareOf(sequence);
  throw new UserError(
    `there is no checkpoint ${sequence} in ${store.place}: \`inspect checkpoints\` shows those there are`,
  );
}
