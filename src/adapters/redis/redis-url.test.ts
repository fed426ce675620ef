import fc from 'fast-check';
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

  it.each([
    ['redis://u:8/hush@h:6379', /"@" after a "\/".*percent-encode/],
    ['redis+cluster://u:80/hush@h', /"@" after a "\/".*percent-encode/],
    ['redis://:h/ush==@h', /"@" after a "\/".*percent-encode/],
    ['redis://u:h@ush@h', /"@".*percent-encode/],
    ['redis://u:100%@h', /"%" that encodes nothing/],
    ['redis+sentinel://h/%zz', /"%" that encodes nothing/],
  ])('says what to encode: %s', (url, reason) => {
    expect(() => parseRedisUrl(url)).toThrow(reason);
  });

  it('takes who we are to Sentinels, and refuses it where there are none', () => {
    const sentinel = { username: 'ann', password: 'hush' };
    expect(parseRedisUrl('redis+sentinel://:secret@a/main', sentinel)).toMatchObject({
      servers: { kind: 'sentinel', ...sentinel },
      password: 'secret',
    });
    expect(() => parseRedisUrl('redis://a', sentinel)).toThrow(/of Sentinels is given/);
  });

  it('shows nothing of a password in an error, whatever it is and wherever it stands', () => {
    // "hush" is in no message of ours, so that any piece of a password shows that was quoted.
    const piece = fc.oneof(
      fc.constantFrom('/', '@', ':', '%', '?', '#', ',', '[', ']', '8'),
      fc.constant('hush'),
      fc.string(),
    );
    const password = fc.array(piece, { maxLength: 8 }).map((pieces) => [...pieces, 'hush'].join(''));
    const scheme = fc.constantFrom('redis://', 'rediss://', 'redis+sentinel://', 'redis+cluster://', 'http://', '');
    const user = fc.constantFrom('u:', ':', '');
    const rest = fc.constantFrom('@h', '@h:6379/0', '@a,b:7/main/2', '@h:x', '@h/y', '/', '');
    fc.assert(
      fc.property(scheme, user, password, rest, (...parts) => {
        expect(messageFor(parts.join(''))).not.toContain('hush');
      }),
      { numRuns: 2000 },
    );
  });
});

/** Empty where it is an address. */
function messageFor(url: string): string {
  try {
    parseRedisUrl(url);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
