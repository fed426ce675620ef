/** The service while its stream has all to do that it can: HTTP is answered, and lists are what they should be. */
import { expect, it } from 'vitest';
import { TINY_ITEMS, tinyCheckpointFiles } from '../builders/checkpoint.js';
import { interaction } from '../builders/events.js';
import { startService } from '../builders/service-process.js';
import { untilReady, World } from './world.js';

const EVENTS = 4000;
const USERS = 40;

it('answers over HTTP while a backlog is worked off', async () => {
  const world = await World.create();
  await world.checkpoints.publish(tinyCheckpointFiles());
  const service = await startService({ DIR: world.dir, ENGINE_THREADS: '1' });
  await untilReady(service.url);
  const events = Array.from({ length: EVENTS }, (_, i) =>
    interaction({ eventId: `e${i}`, userId: `u${i % USERS}`, itemId: TINY_ITEMS[(i * 7) % TINY_ITEMS.length]! }),
  );
  await world.interact(...events);
  let answered = 0;
  for (let made = 0; made < EVENTS; made = (await world.lists()).length) {
    const answer = await fetch(`${service.url}/users/u${answered % USERS}/recommendations`);
    expect(answer.status).toBe(200);
    if (made < EVENTS) answered += 1;
  }
  // Each answer came while lists were still to be made.
  expect(answered).toBeGreaterThan(2);
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  const kept = (how: string): number =>
    Number(new RegExp(`engine_windows_total\\{kept="${how}"\\} (\\d+)`).exec(metrics)?.[1]);
  expect(kept('longer')).toBeGreaterThan(kept('none'));
  expect(metrics).toContain('steerstream_engine_worker_deaths_total 0');
});
