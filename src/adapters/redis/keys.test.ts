import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Keys, markerText, parseMarker } from './keys.js';

describe('keys', () => {
  it('of one task share one hash tag, whatever the user is called', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat({ max: 5000 }), (user, partition) => {
        const keys = new Keys('steerstream');
        const tags = [keys.task({ partition }), keys.due({ partition }), keys.user({ partition }, user)].map(hashTag);
        expect(new Set(tags)).toEqual(new Set([`steerstream:${partition}`]));
      }),
    );
  });

  it.each(['', 'a{b', 'a}b', 'a b'])('refuse the namespace "%s", which would break the tag', (namespace) => {
    expect(() => new Keys(namespace)).toThrow(/namespace/);
  });
});

describe('markers', () => {
  it('are read as they were written', () => {
    const offset = fc.nat({ max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(fc.record({ interactions: offset, profiles: offset }), (position) => {
        expect(parseMarker(markerText(position))).toEqual(position);
      }),
    );
  });

  it('that somebody else wrote are an error', () => {
    expect(() => parseMarker('12')).toThrow(/no marker/);
  });
});

/** As Redis Cluster finds it: between the first brace and the first closing one after it. */
function hashTag(key: string): string | undefined {
  return /^[^{]*\{([^}]+)\}/.exec(key)?.[1];
}
