/** `npm run services`: the servers of the tests, for development, until Ctrl-C. */
import { type Kind, WAYS } from './kinds.js';
import { provide } from './provide.js';

const HELP = `npm run services [-- --registry] [--s3]

Starts a Kafka broker and a Redis, empty, and prints their addresses, as variables
for the tests and for the service (make its topics: npm run topics -- create). Ctrl-C ends them and removes their data.
  --registry   a schema registry too
  --s3         an S3 server too`;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(args: readonly string[]): Promise<void> {
  const wrong = args.find((arg) => !['--registry', '--s3', '--help', '-h'].includes(arg));
  if (wrong !== undefined) throw new Error(`unknown option ${wrong}: there are --registry and --s3`);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(`${HELP}\n`);
    return;
  }
  const ending = endOfSession();
  const more = (['registry', 's3'] as const).filter((kind) => args.includes(`--${kind}`));
  const kinds: readonly Kind[] = ['kafka', 'redis', ...more];
  say(`starting ${kinds.join(', ')}`);
  const started = await Promise.allSettled(kinds.map(async (kind) => ({ kind, provided: await provide(kind) })));
  const services = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  try {
    const failed = started.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    const lines = services.map(({ kind, provided: { address } }) => {
      return `export ${WAYS[kind].variable}=${address}\nexport ${WAYS[kind].settings(address)}\n`;
    });
    process.stdout.write(lines.join(''));
    say('Ctrl-C ends them');
    await ending;
  } finally {
    await Promise.all(services.map(({ provided }) => provided.stop()));
  }
}

/** The listeners stay: while a library listens too, the last one to leave would let the signal end this process. */
function endOfSession(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => resolve());
  });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  say(`services: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
});
