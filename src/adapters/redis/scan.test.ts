import { describe, expect, it } from 'vitest';
import { stateWith } from '../../../test/builders/state.js';
import { decodeState, encodeState } from '../../state/state-codec.js';
import { beginsWith, scanned } from './scan.js';

describe('beginsWith', () => {
  it('takes every character for itself', () => {
    expect(beginsWith('{a*b?c[d]e\\f:3}:u:')).toBe('{a\\*b\\?c\\[d\\]e\\\\f:3}:u:*');
  });
});

describe('scanned', () => {
  it('asks on through stretches without a state, and ends at the cursor that Redis begins with', async () => {
    const ann = stateWith('ann', ['a']);
    const answers: Record<string, unknown> = {
      0: [Buffer.from('7'), Buffer.from('3:4'), []],
      7: [Buffer.from('9'), Buffer.from('3:4'), [Buffer.from('u:ann'), Buffer.from('u:bob')], [encodeState(ann), null]],
      9: [Buffer.from('0'), null, []],
    };
    const ask = async (cursor: string): Promise<unknown> => answers[cursor];
    const marker = { interactions: 3, profiles: 4 };
    expect(await scanned(ask, decodeState, undefined)).toEqual({ marker, states: [ann], next: '9' });
    expect(await scanned(ask, decodeState, '9')).toEqual({ marker: undefined, states: [], next: undefined });
  });
});
