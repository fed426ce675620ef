/** A TCP proxy whose way to the server can be closed for a while: what was sent meanwhile arrives late. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface HeldConnection {
  readonly port: number;
  /** From now on bytes for the server are kept; resolves when the first of them came. */
  hold(): Promise<void>;
  /** Sends what was kept, also of clients that are gone; resolves with the server's answer. */
  release(): Promise<string>;
}

export async function holdableConnectionTo(port: number): Promise<HeldConnection> {
  let held: (() => void) | undefined;
  let kept: { upstream: Socket; bytes: Buffer }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.on('data', (bytes) => {
      if (held === undefined) upstream.write(bytes);
      else {
        kept.push({ upstream, bytes });
        held();
      }
    });
    upstream.on('data', (bytes) => client.writable && client.write(bytes));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    hold: () =>
      new Promise((resolve) => {
        held = resolve;
      }),
    release: async () => {
      const [first] = kept;
      if (first === undefined) throw new Error('nothing was kept');
      const answer = once(first.upstream, 'data');
      for (const { upstream, bytes } of kept) upstream.write(bytes);
      kept = [];
      held = undefined;
      return String((await answer)[0]);
    },
  };
}
