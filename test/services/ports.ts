/** Ports for servers that are killed and started again. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A port that nobody listens on. It lies below the range from which systems take the ports of outgoing connections:
 * there one could occupy it while its server is dead, even a client's own attempt to connect to it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 12_000);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  } catch {
    return false;
  }
  await once(server.close(), 'close');
  return true;
}
