import { HttpStatus, Inject, Injectable } from '@nestjs/common';
import type { ProfileEvent } from '../events/events.js';
import { checkAttributes, required } from './attributes.js';
import { etagOf, expectedVersion } from './etag.js';
import { Problem, pointer } from './problem.js';
import { type ProfileChange, ProfileEvents } from './profile-events.js';
import type { Accepted, EqualizerSetting } from './schemas.js';
import { SERVICE, type Service } from './service.js';
import { UserStates } from './user-states.js';

/** Checks a change as far as it can be checked now, and appends it. Whether it applies is for the stream to say. */
@Injectable()
export class EqualizerChanges {
  constructor(
    @Inject(SERVICE) private readonly service: Service,
    @Inject(UserStates) private readonly states: UserStates,
    @Inject(ProfileEvents) private readonly events: ProfileEvents,
  ) {}

  async set(
    userId: string,
    mode: 'replace' | 'merge',
    { gains, expiresAt, preset }: EqualizerSetting,
    ifMatch: string | undefined,
  ): Promise<Accepted> {
    const kept = async (): Promise<string[]> => Object.keys((await this.states.of(userId)).equalizer.gains);
    const withoutEffect = await checkAttributes(gains, required(this.service.checkpoint(userId)), kept);
    const end = expiresAt === undefined ? null : this.#future(expiresAt);
    const change: ProfileChange = { userId, mode, gains, expiresAt: end, preset: preset ?? null };
    return accepted(await this.#append(change, ifMatch), withoutEffect);
  }

  async clear(userId: string, mode: 'reset' | 'off', ifMatch: string | undefined): Promise<Accepted> {
    return accepted(await this.#append({ userId, mode }, ifMatch), []);
  }

  async #append(change: ProfileChange, ifMatch: string | undefined): Promise<ProfileEvent> {
    const expected = expectedVersion(ifMatch);
    if (expected !== null) await this.#checkVersion(change.userId, expected);
    return this.events.append({ ...change, expectedVersion: expected });
  }

  /** Versions only grow, so one below the stored is lost; one above may be a state that is not stored yet. */
  async #checkVersion(userId: string, expected: number): Promise<void> {
    const { version } = (await this.states.of(userId)).equalizer;
    if (expected >= version) return;
    throw new Problem(
      HttpStatus.PRECONDITION_FAILED,
      `The equalizer is at version ${etagOf(version)} now: read it again, and decide again.`,
    );
  }

  #future(instant: string): number {
    const time = Date.parse(instant);
    if (time > this.service.now()) return time;
    throw new Problem(HttpStatus.BAD_REQUEST, 'The request is not valid.', {
      errors: [{ pointer: pointer(['expiresAt']), detail: 'must lie in the future' }],
    });
  }
}

function accepted(event: ProfileEvent, withoutEffect: readonly string[]): Accepted {
  return {
    eventId: event.eventId,
    effectiveFrom: new Date(event.occurredAt).toISOString(),
    withoutEffect: [...withoutEffect],
  };
}
