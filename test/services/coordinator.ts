/** Hands the servers of a run to its test files, which are processes: each is started when the first one asks. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Kind, KINDS, type Provided } from './kinds.js';
import { provide } from './provide.js';

export interface Coordinator {
  /** `GET url/kafka` answers with an address, or with status 500 and why there is none. */
  readonly url: string;
  /** Ends what was started. */
  close(): Promise<void>;
}

export async function startCoordinator(source: (kind: Kind) => Promise<Provided> = provide): Promise<Coordinator> {
  const asked = new Map<Kind, Promise<Provided>>();
  const one = (kind: Kind): Promise<Provided> => {
    const present = asked.get(kind) ?? source(kind);
    asked.set(kind, present);
    return present;
  };
  const server = createServer((request, response) => {
    const kind = KINDS.find((name) => request.url === `/${name}`);
    if (kind === undefined) {
      response.writeHead(404).end(`no such server: ${request.url ?? ''}`);
      return;
    }
    one(kind).then(
      ({ address }) => response.end(address),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.message : String(error)),
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    const ends = [...asked.values()].map((provided) =>
      provided.then(
        (it) => it.stop(),
        () => undefined,
      ),
    );
    await Promise.all(ends);
  };
  return { url: `http://127.0.0.1:${port}`, close };
}
