import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/builders/folder.js';
import { PART_VERSIONS, Parts } from './parts.js';

function partsIn(folder: string, { signal = new AbortController().signal, force = false } = {}) {
  const measured: string[] = [];
  const reported: string[] = [];
  const parts = new Parts(PART_VERSIONS, { folder, force, signal, report: (name) => void reported.push(name) });
  const measure = (name: string, inputs: string): Promise<{ value: string }> =>
    parts.measure('sweep', name, { inputs }, () => {
      measured.push(name);
      return { value: `${name} of ${inputs}` };
    });
  return { measure, measured, reported };
}

describe('the parts of an evaluation', () => {
  it('are measured once of the same inputs; every one is reported', async () => {
    const folder = temporaryFolder();
    const first = partsIn(folder);
    await first.measure('genre/A', 'x');
    await first.measure('genre/B', 'x');
    const second = partsIn(folder);
    expect(await second.measure('genre/A', 'x')).toEqual({ value: 'genre/A of x' });
    expect(await second.measure('genre/B', 'y')).toEqual({ value: 'genre/B of y' });
    expect(second.measured).toEqual(['genre/B']);
    expect(second.reported).toEqual(['sweep genre/A', 'sweep genre/B']);
  });

  it('go on after an interruption: what was finished is not measured again', async () => {
    const folder = temporaryFolder();
    const controller = new AbortController();
    const first = partsIn(folder, { signal: controller.signal });
    await first.measure('one', 'x');
    controller.abort(new Error('stopped'));
    await expect(first.measure('two', 'x')).rejects.toThrow('stopped');
    const second = partsIn(folder);
    await second.measure('one', 'x');
    await second.measure('two', 'x');
    expect(second.measured).toEqual(['two']);
  });

  it('are measured again if asked', async () => {
    const folder = temporaryFolder();
    await partsIn(folder).measure('one', 'x');
    const forced = partsIn(folder, { force: true });
    await forced.measure('one', 'x');
    expect(forced.measured).toEqual(['one']);
  });
});
