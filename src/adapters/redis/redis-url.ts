/**
 * Where a Redis is, in one line:
 *
 *   redis://host:6379/0                             one server (or a managed primary endpoint), and its database
 *   redis+sentinel://host-a:26379,host-b:26379/name/0   the master of this name, as its Sentinels say
 *   redis+cluster://host-a:6379,host-b:6379         any nodes of a Redis Cluster
 *
 * `rediss` instead of `redis` is TLS. User and password stand before the hosts, percent-encoded: `user:password@`.
 *
 * No error quotes any of it: where the password is not encoded as it should be, any part may be a piece of it.
 */
import type { RedisAddress, RedisOptions } from './connection.js';

type Account = Pick<RedisOptions, 'username' | 'password'>;

const FORM = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^/@]+)(?:\/([^?#]*))?$/;
/** An "@" behind a "/" or another "@": all before it was meant as user and password. */
const UNENCODED = /:\/\/[^@/]*[@/].*@/s;
const PORT = 6379;
const SENTINEL_PORT = 26_379;

/**
 * @param sentinel who we are to the Sentinels: the address says who we are to the servers of data
 * @throws Error that says what is wrong, and quotes nothing
 */
export function parseRedisUrl(url: string, sentinel: Account = {}): RedisOptions {
  if (UNENCODED.test(url)) {
    throw new Error(
      'the address of Redis has an "@" after a "/" or another "@": percent-encode the user and the password in it ' +
        '("/" is %2F, "@" is %40, "%" is %25)',
    );
  }
  const [, scheme, kind, account, hosts = '', path = ''] = FORM.exec(url) ?? [];
  if (scheme === undefined) {
    throw new Error(
      'not the address of a Redis: it looks like redis://host:6379/0, redis+sentinel://host:26379,host:26379/name or ' +
        'redis+cluster://host:6379,host:6379 (rediss with TLS)',
    );
  }
  const defaultPort = kind === 'sentinel' ? SENTINEL_PORT : PORT;
  const addresses = hosts.split(',').map((host, index) => addressOf(host, index, defaultPort));
  const common = { ...accountOf(account), ...(scheme === 'rediss' && { tls: {} }) };
  if (kind !== 'sentinel' && Object.keys(sentinel).length > 0) {
    throw new Error('a user or a password of Sentinels is given, and the address of Redis is no redis+sentinel://...');
  }
  if (kind === 'cluster') {
    if (path !== '') throw new Error('a Redis Cluster has no databases: leave out what follows the hosts');
    return { servers: { kind, nodes: addresses }, ...common };
  }
  if (kind === 'sentinel') {
    const [master = '', database = '', ...more] = path.split('/').map(decoded);
    if (master === '' || more.length > 0) {
      throw new Error('the name of the master is missing: redis+sentinel://host:26379/name, or /name/database');
    }
    const servers = { kind, sentinels: addresses, master, ...sentinel } as const;
    return { servers, database: databaseOf(database), ...common };
  }
  const [address, ...others] = addresses;
  if (address === undefined || others.length > 0) {
    throw new Error('several hosts are either redis+sentinel://... or redis+cluster://...');
  }
  return { servers: { kind: 'single', address }, database: databaseOf(path), ...common };
}

function addressOf(text: string, index: number, defaultPort: number): RedisAddress {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const number = port === undefined ? defaultPort : Number(port);
  if (host === undefined || number < 1 || number > 65_535) {
    throw new Error(
      `number ${index + 1} of the hosts in the address of Redis is no host:port, such as redis:6379 or [::1]:6379 ` +
        '(user:password@ stands before the first)',
    );
  }
  return { host, port: number };
}

function accountOf(account: string | undefined): Account {
  if (account === undefined) return {};
  const end = account.indexOf(':');
  const [username, password] = end === -1 ? [account, ''] : [account.slice(0, end), account.slice(end + 1)];
  return {
    ...(username !== '' && { username: decoded(username) }),
    ...(password !== '' && { password: decoded(password) }),
  };
}

function databaseOf(text: string): number {
  if (!/^\d*$/.test(text)) {
    throw new Error('what ends the address is no number of a Redis database, as 0 is in redis://host:6379/0');
  }
  return Number(text);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('the address of Redis has a "%" that encodes nothing: percent-encode it ("%" is %25)');
  }
}
