/** Does a server answer? One question, one look at the first bytes that come back. */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

const PATIENCE_MS = 1_000;

export interface Question {
  readonly port: number;
  readonly bytes: Buffer;
  readonly tls?: boolean;
  /** Whether these first bytes are an answer of a server that serves. */
  readonly good: (answer: Buffer) => boolean;
}

export function answers({ port, bytes, tls = false, good }: Question): Promise<boolean> {
  const address = { port, host: '127.0.0.1' };
  // Whoever asks is not here to judge certificates.
  const socket: Socket = tls ? connectTls({ ...address, rejectUnauthorized: false }) : connect(address);
  return new Promise((resolve) => {
    const done = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('error', () => done(false)).on('close', () => done(false));
    socket.setTimeout(PATIENCE_MS, () => done(false));
    socket.once('data', (answer) => done(good(answer)));
    socket.write(bytes);
  });
}
