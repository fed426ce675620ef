import { describe, expect, it } from 'vitest';
import type { Kind, Provided } from './kinds.js';
import { freePort } from './ports.js';
import { provide, type Sources } from './provide.js';
import { useRedis } from './use.js';

const redis = await useRedis();

/** Sources where everything is to be had; `lines` is what they said. */
function sources(change: Partial<Sources> = {}) {
  const lines: string[] = [];
  const from = (where: Provided['from']) => async (kind: Kind) => ({
    address: `${where}:${kind}`,
    from: where,
    stop: async () => undefined,
  });
  const all: Sources = {
    environment: { STEERSTREAM_TEST_REDIS: redis },
    container: from('docker'),
    local: from('process'),
    say: (line) => lines.push(line),
    ...change,
  };
  return { all, lines };
}
const noDocker = { environment: {}, container: async () => undefined };

describe('a server for tests', () => {
  it('is the one that the environment names', async () => {
    expect(await provide('redis', sources().all)).toMatchObject({ address: redis, from: 'environment' });
  });

  it('is a container where nothing is named and Docker runs', async () => {
    expect(await provide('kafka', sources().all)).toMatchObject({ address: 'docker:kafka', from: 'docker' });
  });

  it('is a local process where no Docker runs, without a word', async () => {
    const { all, lines } = sources(noDocker);
    expect(await provide('redis', all)).toMatchObject({ from: 'process' });
    expect(lines).toEqual([]);
  });

  it('is a local process where Docker has no image, which is said in one line', async () => {
    const container = () => Promise.reject(new Error('pull access denied\nand much more'));
    const { all, lines } = sources({ container });
    expect(await provide('kafka', all)).toMatchObject({ from: 'process' });
    expect(lines).toEqual(['no kafka from Docker, a local process serves instead (pull access denied)']);
  });

  it('that cannot be had at all is an error with every way to get one', async () => {
    const { all } = sources({ ...noDocker, local: () => Promise.reject(new Error('mvn is missing')) });
    await expect(provide('kafka', all)).rejects.toThrow(
      [
        'no kafka for the tests: mvn is missing',
        'Any of these gives one:',
        '  STEERSTREAM_TEST_KAFKA=127.0.0.1:9092 (the address of one that runs)',
        '  Docker with the image apache/kafka:4.4.0',
        '  Java 17 or later, and Maven (Debian: default-jre-headless, maven)',
      ].join('\n'),
    );
  });

  it('that is named has to listen', async () => {
    const named = async (address: string) =>
      provide('kafka', sources({ environment: { STEERSTREAM_TEST_KAFKA: address } }).all);
    const dead = `127.0.0.1:${await freePort()}`;
    await expect(named(dead)).rejects.toThrow(`STEERSTREAM_TEST_KAFKA is "${dead}", where nothing listens`);
    await expect(named('a b')).rejects.toThrow(
      'STEERSTREAM_TEST_KAFKA is "a b": give an address such as 127.0.0.1:9092',
    );
  });
});
