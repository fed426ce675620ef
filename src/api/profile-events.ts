import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { ProfileEvent } from '../events/events.js';
import { createCodec } from '../events/codec.js';
import { SERVICE, type Service } from './service.js';

const codec = createCodec('profile-event');

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
    const key = Buffer.from(event.userId);
    await this.service.log.append([{ topic: this.service.topics.profiles, key, value: codec.encode(event) }]);
    return event;
  }
}
