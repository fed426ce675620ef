/** A Redis Cluster of local processes. */
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { type RedisServer, startRedis } from '../services/redis-server.js';

const SLOTS = 16_384;

export interface RedisCluster {
  /** `redis+cluster://host:port,...` */
  readonly url: string;
  readonly nodes: readonly RedisServer[];
  stop(): Promise<void>;
}

/** Masters without replicas, the slots dealt out evenly; resolves when every node says that the cluster is whole. */
export async function startRedisCluster(masters: number): Promise<RedisCluster> {
  const config = ['cluster-enabled yes', 'cluster-node-timeout 2000'];
  const nodes = await Promise.all(Array.from({ length: masters }, () => startRedis({ config })));
  const clients = nodes.map(({ port }) => new Redis(port, '127.0.0.1'));
  for (const [i, client] of clients.entries()) {
    const [from, to] = [i, i + 1].map((part) => Math.floor((part * SLOTS) / masters));
    await client.call('CLUSTER', 'ADDSLOTSRANGE', Number(from), Number(to) - 1);
    for (const { port } of nodes.slice(0, i)) await client.call('CLUSTER', 'MEET', '127.0.0.1', port);
  }
  for (const client of clients) while (!(await isWhole(client, masters))) await delay(20);
  for (const client of clients) client.disconnect();
  return {
    url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    nodes,
    stop: async () => {
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
}

async function isWhole(client: Redis, masters: number): Promise<boolean> {
  const info = String(await client.call('CLUSTER', 'INFO'));
  return info.includes('cluster_state:ok') && info.includes(`cluster_size:${masters}`);
}
