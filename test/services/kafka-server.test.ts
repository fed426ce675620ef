import { Kafka, logLevel, type SASLOptions } from 'kafkajs';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answers } from './answers.js';
import { type KafkaOptions, startKafka } from './kafka-server.js';

const client = (broker: string, sasl?: SASLOptions): Kafka =>
  new Kafka({
    brokers: [broker],
    logLevel: logLevel.NOTHING,
    retry: { retries: 20, maxRetryTime: 500 },
    ...(sasl && { sasl }),
  });

async function broker(options?: KafkaOptions) {
  const server = await startKafka(options);
  onTestFinished(() => server.stop());
  return server;
}

/** Highest offset of the one partition. */
async function recordsIn(kafka: Kafka, topic: string): Promise<string | undefined> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return (await admin.fetchTopicOffsets(topic))[0]?.high;
  } finally {
    await admin.disconnect();
  }
}

async function send(kafka: Kafka, topic: string): Promise<void> {
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, acks: -1, messages: [{ value: 'kept' }] });
  await producer.disconnect();
}

describe('a local broker', () => {
  it('keeps its address and its records through kills', async () => {
    const server = await broker();
    const kafka = client(server.brokers);
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 't', numPartitions: 1 }] });
    await admin.disconnect();
    await send(kafka, 't');
    const before = server.pid;
    await server.kill();
    await server.start();
    expect(server.pid).not.toBe(before);
    expect(await recordsIn(kafka, 't')).toBe('1');
    await send(kafka, 't');
    expect(await recordsIn(kafka, 't')).toBe('2');
  });

  it('answers nobody while it is paused, and goes on', async () => {
    const server = await broker();
    const port = Number(server.brokers.split(':')[1]);
    const bytes = Buffer.from('0000000a0012000000000001ffff', 'hex');
    const answersNow = (): Promise<boolean> => answers({ port, bytes, good: () => true });
    expect(await answersNow()).toBe(true);
    server.pause();
    expect(await answersNow()).toBe(false);
    server.resume();
    expect(await answersNow()).toBe(true);
  });

  it('is gone after stop(), with its data', async () => {
    const server = await startKafka();
    const commandLine = readFileSync(`/proc/${server.pid}/cmdline`, 'utf8').split('\0');
    const properties = commandLine.find((argument) => argument.endsWith('server.properties'))!;
    const folder = `/proc/${server.pid}`;
    expect(existsSync(properties)).toBe(true);
    await server.stop();
    expect(existsSync(folder)).toBe(false);
    expect(existsSync(properties)).toBe(false);
  });

  it('has more listeners where they are asked for: SASL with the users of the options', async () => {
    const login = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
    const server = await broker({
      listeners: { LOCKED: 'SASL_PLAINTEXT' },
      scram: { reader: 'secret' },
      properties: {
        'sasl.enabled.mechanisms': 'SCRAM-SHA-256',
        'listener.name.locked.scram-sha-256.sasl.jaas.config': login,
      },
    });
    const locked = server.listeners['LOCKED']!;
    const as = (password: string) =>
      client(locked, { mechanism: 'scram-sha-256', username: 'reader', password }).admin();
    const admin = as('secret');
    await admin.connect();
    expect(await admin.listTopics()).toEqual([]);
    await admin.disconnect();
    const stranger = as('wrong');
    await expect(stranger.connect()).rejects.toThrow(/[Aa]uthentication failed/);
    await stranger.disconnect();
  });
});
