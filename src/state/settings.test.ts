import { describe, expect, it } from 'vitest';
import { canonicalSettings } from './settings.js';
import { DEFAULT_REDUCER_SETTINGS as settings } from './user-state.js';

describe('canonicalSettings', () => {
  it('is the same for settings that mean the same, and differs with each of them', () => {
    const text = canonicalSettings(settings);
    const { kinds, ...numbers } = settings;
    const turned = Object.fromEntries(Object.entries(kinds).reverse());
    expect(canonicalSettings({ kinds: turned, ...numbers })).toBe(text);
    for (const name of ['sequenceLength', 'seenItems', 'hiddenItems', 'recentEvents'] as const) {
      expect(canonicalSettings({ ...settings, [name]: 7 })).not.toBe(text);
    }
    expect(canonicalSettings({ ...settings, kinds: { ...kinds, view: 'ignore' } })).not.toBe(text);
  });
});
