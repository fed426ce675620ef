import { Inject, Injectable } from '@nestjs/common';
import { emptyState, type UserState } from '../state/user-state.js';
import { partitionOf } from '../events/murmur2.js';
import { SERVICE, type Service } from './service.js';

/** Reads what is stored of a user now: it may be a moment behind the log. */
@Injectable()
export class UserStates {
  #partitions: Promise<number> | undefined;

  constructor(@Inject(SERVICE) private readonly service: Service) {}

  /** The state of a user; of one who is not known, the empty one. */
  async of(userId: string): Promise<UserState> {
    this.#partitions ??= this.#countPartitions();
    const partition = partitionOf(Buffer.from(userId), await this.#partitions);
    return (await this.service.store.peek({ partition }, userId)) ?? emptyState(userId);
  }

  async #countPartitions(): Promise<number> {
    try {
      return (await this.service.log.extents(this.service.topics.profiles)).length;
    } catch (error) {
      this.#partitions = undefined;
      throw error;
    }
  }
}
