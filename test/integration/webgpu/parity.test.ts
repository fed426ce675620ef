/**
 * ONNX Runtime's WebGPU provider against the reference. Without a GPU, on SwiftShader, a Vulkan driver that computes on
 * the CPU: Debian's chromium brings it.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Edit } from '../../../src/model/edit.js';
import { isModelEdit } from '../../../src/model/edit.js';
import { TINY_SAES, tinyCheckpoint } from '../../builders/checkpoint.js';

import { referenceForward } from '../../builders/reference-model.js';
import type { Answered, Asked } from './lists.js';

const CHROMIUM = '/usr/lib/chromium';
const DRIVER = join(CHROMIUM, 'vk_swiftshader_icd.json');
const ITEMS = 300;
const latent = (mode: 'replace' | 'delta' | 'add', feature: number): Edit => ({
  kind: 'latent',
  layer: 1,
  mode,
  feature,
  amount: 3,
});
const USERS: Asked['users'] = [
  { window: [3, 1, 4], edits: [] },
  { window: [290], edits: [latent('delta', 3)] },
  { window: [3, 1, 4, 1, 5, 9, 2, 6], edits: [latent('replace', 5), latent('add', 2)] },
  { window: [8, 8], edits: [{ kind: 'direction', direction: 1, amount: 2 }] },
  { window: [7, 200], edits: [{ kind: 'adapter', adapter: 1, amount: 2 }] },
  { window: [11, 0, 7], edits: [{ kind: 'score', attribute: 0, amount: 2 }] },
  { window: [12, 13], edits: [{ kind: 'score', attribute: 1, amount: -2 }] },
];
const UNSTEERED = USERS.findIndex(({ edits }) => edits.length === 0);
const EXCLUDED = [4, 17];
const BLOCKED = 8;
/** It is slow. */
const SAES = TINY_SAES.filter(({ site, activation }) => site === 'block' || activation.kind === 'relu');

describe.skipIf(!existsSync(DRIVER))(
  `the WebGPU provider (skipped where ${DRIVER} is not: apt install chromium)`,
  () => {
    let child: ReturnType<typeof fork>;
    beforeAll(() => {
      const program = resolve('dist/test/integration/webgpu/lists.js');
      if (!existsSync(program)) throw new Error(`${program} is missing: run \`npm run build\` first`);
      const env = {
        ...process.env,
        LD_LIBRARY_PATH: CHROMIUM,
        VK_DRIVER_FILES: DRIVER,
        XDG_RUNTIME_DIR: tmpdir(),
      };
      child = fork(program, { env });
    });
    afterAll(() => child.disconnect());

    it.each(SAES)(
      'lists as the reference does, the SAE reading the $site and ending in $activation.kind',
      async (sae) => {
        const asked: Asked = { provider: 'webgpu', seed: 6, items: ITEMS, sae, users: USERS, excluded: EXCLUDED };
        const answer = once(child, 'message') as Promise<[Answered]>;
        child.send(asked);
        const [{ window: whole, step, unsteered }] = await answer;
        // To the bit, whoever is steered beside.
        expect([whole[UNSTEERED], step[UNSTEERED]]).toEqual([unsteered.window[UNSTEERED], unsteered.step[UNSTEERED]]);
        const checkpoint = tinyCheckpoint(6, ITEMS, sae);
        for (const [u, { window, edits }] of USERS.entries()) {
          const scores = referenceForward(checkpoint, window, edits.filter(isModelEdit)).logits.at(-1)!;
          for (const edit of edits)
            if (edit.kind === 'score')
              for (const item of checkpoint.attributes.items[edit.attribute]!) scores[item]! += edit.amount;
          for (const item of [...EXCLUDED, BLOCKED]) scores[item] = -Infinity;
          const best = scores.toSorted((a, b) => b - a);
          for (const [items, given] of [whole[u]!, step[u]!]) {
            expect(new Set(items).size).toBe(10);
            for (const [rank, item] of items.entries()) {
              expect(Math.abs(given[rank]! - scores[item]!)).toBeLessThan(1e-4);
              expect(Math.abs(scores[item]! - best[rank]!)).toBeLessThan(1e-4);
            }
          }
        }
      },
    );
  },
);
