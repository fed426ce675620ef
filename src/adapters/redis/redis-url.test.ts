import { describe, expect, it } from 'vitest';
import { parseRedisUrl } from './redis-url.js';

describe('the address of a Redis', () => {
  it.each([
    ['redis://host', { servers: { kind: 'single', address: { host: 'host', port: 6379 } }, database: 0 }],
    ['redis://[::1]:7000/3', { servers: { kind: 'single', address: { host: '::1', port: 7000 } }, database: 3 }],
    [
      'rediss://ann:p%40ss:word@host',
      {
        servers: { kind: 'single', address: { host: 'host', port: 6379 } },
        database: 0,
        username: 'ann',
        password: 'p@ss:word',
        tls: {},
      },
    ],
    [
      'redis+sentinel://:secret@a,b:7/main/2',
      {
        servers: {
          kind: 'sentinel',
          sentinels: [
            { host: 'a', port: 26_379 },
            { host: 'b', port: 7 },
          ],
          master: 'main',
        },
        database: 2,
        password: 'secret',
      },
    ],
    [
      'rediss+cluster://a:1,b:2',
      {
        servers: {
          kind: 'cluster',
          nodes: [
            { host: 'a', port: 1 },
            { host: 'b', port: 2 },
          ],
        },
        tls: {},
      },
    ],
  ])('is read: %s', (url, options) => {
    expect(parseRedisUrl(url)).toEqual(options);
  });

  it.each([
    ['http://host', /looks like redis:/],
    ['redis://a,b', /several hosts/],
    ['redis://host:70000', /no host:port/],
    ['redis://host/x', /no number of a Redis database/],
    ['redis+cluster://a/1', /no databases/],
    ['redis+sentinel://a', /name of the master/],
  ])('is refused with a reason: %s', (url, reason) => {
    expect(() => parseRedisUrl(url)).toThrow(reason);
  });

  it('never shows a password in an error', () => {
    expect(() => parseRedisUrl('redis://ann:secret@host:x')).toThrow(expect.not.stringContaining('secret'));
  });
});
