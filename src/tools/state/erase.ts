/** `npm run state -- erase USER`: a profile event of mode erase, written as any producer would. */
import { randomUUID } from 'node:crypto';
import { MAX_ID_LENGTH } from '../../events/contracts.js';
import { UserError } from '../../terminal/user-error.js';
import type { ToolSession } from '../session.js';

export async function eraseUser(session: ToolSession, userId: string): Promise<void> {
  const { topics } = session.config;
  if (userId === '' || userId.length > MAX_ID_LENGTH) {
    throw new UserError(`a user id has 1 to ${MAX_ID_LENGTH} characters, not ${userId.length}`);
  }
  const log = await session.log();
  const encoder = await (await session.wire()).encoder('profile-event', topics.profiles);
  const value = encoder.encode({
    eventId: randomUUID(),
    userId,
    mode: 'erase',
    gains: {},
    expiresAt: null,
    preset: null,
    expectedVersion: null,
    occurredAt: Date.now(),
  });
  await log.append([{ topic: topics.profiles, key: Buffer.from(userId), value }]);
  session.print(
    `erase of user "${userId}" written to "${topics.profiles}": the service forgets the user when it reads it`,
  );
}
