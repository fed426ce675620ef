import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { ProfileEvent } from '../events/events.js';
import { SERVICE, type Service } from './service.js';

export type ProfileChange = Pick<ProfileEvent, 'userId' | 'mode'> &
  Partial<Pick<ProfileEvent, 'gains' | 'expiresAt' | 'preset' | 'expectedVersion'>>;

/** Puts profile events on the log, where the stream finds them as any other producer's. */
@Injectable()
export class ProfileEvents {
  constructor(@Inject(SERVICE) private readonly service: Service) {}

  /** The event, once the log has it. */
  async append(change: ProfileChange): Promise<ProfileEvent> {
    const event: ProfileEvent = {
      eventId: randomUUID(),
      gains: {},
      expiresAt: null,
      preset: null,
      expectedVersion: null,
      occurredAt: this.service.now(),
      ...change,
    };
    const topic = this.service.topics.profiles;
    const encoder = await this.service.wire.encoder('profile-event', topic);
    await this.service.log.append([{ topic, key: Buffer.from(event.userId), value: encoder.encode(event) }]);
    return event;
  }
}
