/**
 * Membership of a Kafka consumer group, on kafkajs's group protocol but not its consumer: heartbeats do not depend on
 * what the tasks do, and a rebalance waits for their batches.
 *
 *   joining --> member --(a heartbeat says: rebalance)--> draining --(batches are finished)--> joining
 *      ^         |   ^
 *      |         |   +--(no answer: the coordinator is looked for anew, and told if it is one)--+
 *      |         +------------------------------------------------------------------------------+
 *      |         +--(unknown to the group, or of an old generation)--> all tasks are given up --+
 *      +----------------------------------------------------------------------------------------+
 *
 * Any state ends in `left`. A member that drains keeps its tasks: after the rebalance it goes on with those that stayed.
 * So does one whose coordinator was away: the group remembers it for as long as its session lasts. An error of the
 * listener is a fault of ours: it ends the loop, and as nobody handles that, the process.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Backoff, pause } from '../../ops/backoff.js';
import type { Logger } from '../../ops/logger.js';
import { OwnershipLost } from '../../ports/errors.js';
import type { GroupListener, Membership, Task, TaskTopics } from '../../ports/log.js';
import { taskAssigner } from './assigner.js';
import type { KafkaClient } from './client.js';
import { kafkaTypes, patiently } from './errors.js';
import { type Cluster, type ConsumerGroup, InstrumentationEmitter, KafkaConsumerGroup } from './internals.js';
import { know } from './metadata.js';

/** The group works on without us, maybe with our tasks. */
const FORGOTTEN = ['UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID'];
const EXPELLED = [...FORGOTTEN, 'ILLEGAL_GENERATION'];
const REBALANCING = 'REBALANCE_IN_PROGRESS';
/** A coordinator that was reached may refuse a member at once, and for long: before joining is tried again, ms. */
const JOIN_PAUSES = { firstMs: 100, longestMs: 5000 };
/** Before reaching the coordinator is tried again, ms. */
const AGAIN_PAUSE = 500;
/** A coordinator that is just starting is there, and says at once that it is none yet: before it is asked again, ms. */
const STARTING_PAUSE = 100;
/** kafkajs leaves out a heartbeat that comes too early by the machine's clock, which may be set back. */
const NOW = { interval: Number.NEGATIVE_INFINITY };

export class GroupMembership implements Membership {
  readonly #cluster: Cluster;
  readonly #group: ConsumerGroup;
  readonly #logger: Logger;
  readonly #left = new AbortController();
  #owned: readonly number[] = [];
  /** Resolved by the next heartbeat that succeeds with the time it was sent, and replaced then. */
  #beaten = Promise.withResolvers<number>();
  #wake = Promise.withResolvers<undefined>();
  #loop: Promise<void> | undefined;

  private constructor(
    private readonly client: KafkaClient,
    private readonly groupId: string,
    private readonly topics: TaskTopics,
    private readonly listener: GroupListener,
  ) {
    const { timing, logger } = client.options;
    this.#logger = logger;
    this.#cluster = client.cluster();
    const partitions = (): number => this.#cluster.findTopicPartitionMetadata(topics.interactions).length;
    const owned = () => ({ tasks: this.#owned, generation: this.#group.generationId ?? -1 });
    this.#group = new KafkaConsumerGroup({
      cluster: this.#cluster,
      groupId,
      topics: [topics.interactions, topics.profiles],
      topicConfigurations: {},
      logger: client.logger,
      instrumentationEmitter: new InstrumentationEmitter(),
      assigners: [taskAssigner(topics, partitions, owned)],
      sessionTimeout: timing.session,
      rebalanceTimeout: timing.rebalance,
      retry: { retries: 3, initialRetryTime: 50 },
    });
    this.#beaten.promise.catch(() => undefined);
  }

  /** Resolves once joined for the first time. @throws Unavailable, TopicMissing */
  static async join(
    client: KafkaClient,
    group: string,
    topics: TaskTopics,
    listener: GroupListener,
  ): Promise<GroupMembership> {
    const membership = new GroupMembership(client, group, topics, listener);
    try {
      await patiently('join the group', () => membership.#connect());
      await patiently('join the group', () => membership.#group.joinAndSync());
      await membership.#begin();
    } catch (error) {
      await membership.#cluster.disconnect().catch(() => undefined);
      throw error;
    }
    membership.#loop = membership.#live();
    return membership;
  }

  async heartbeat(): Promise<void> {
    const since = performance.now();
    let sent = Number.NEGATIVE_INFINITY;
    while (sent < since) {
      this.#failIfLeft();
      const { promise } = this.#beaten;
      this.#wake.resolve(undefined);
      sent = await promise;
    }
  }

  async leave(): Promise<void> {
    if (this.#left.signal.aborted) return this.#loop;
    this.#left.abort();
    this.#wake.resolve(undefined);
    this.#beaten.reject(new OwnershipLost(`this member has left group "${this.groupId}"`));
    try {
      await this.#loop;
      await this.#own([]);
    } finally {
      await this.#group.leave().catch(() => undefined);
      await this.#cluster.disconnect().catch(() => undefined);
    }
  }

  async #live(): Promise<void> {
    while (!this.#left.signal.aborted) {
      try {
        await this.#pauseBetweenBeats();
        if (!this.#left.signal.aborted) await this.#beat();
      } catch (error) {
        await this.#recover(error);
        // Only a beat that is sent now tells whoever waits for one that this member is in the group.
        this.#wake.resolve(undefined);
      }
    }
  }

  async #recover(error: unknown): Promise<void> {
    const types = kafkaTypes(error);
    const isExpelled = types.some((type) => EXPELLED.includes(type));
    this.#logger.info(isExpelled ? 'expelled from the group, joining again' : 'a heartbeat was not accepted', {
      group: this.groupId,
      error: types[0] ?? error,
    });
    if (isExpelled) {
      this.#forgetIf(types);
      await this.#own([]);
      await this.#rejoin();
    } else if (types.includes(REBALANCING)) {
      await this.#drain();
      await this.#rejoin();
    } else {
      await this.#reach();
      await this.#sleep(STARTING_PAUSE);
    }
  }

  async #rejoin(): Promise<void> {
    const backoff = new Backoff(JOIN_PAUSES);
    while (!this.#left.signal.aborted) {
      try {
        await this.#group.joinAndSync();
      } catch (failure) {
        const ms = backoff.next(false);
        this.#logger.warn('could not join the group, trying again', { group: this.groupId, ms, error: failure });
        this.#forgetIf(kafkaTypes(failure));
        await this.#reach();
        await this.#sleep(ms);
        continue;
      }
      // A member that leaves begins nothing.
      if (!this.#left.signal.aborted) await this.#begin();
      return;
    }
  }

  async #begin(): Promise<void> {
    const assigned = this.#group.assigned().find(({ topic }) => topic === this.topics.interactions);
    await this.#own(assigned?.partitions ?? []);
    this.listener.resumed();
  }

  /** The coordinator may be down for a while, or another one by now. */
  async #reach(): Promise<void> {
    try {
      await this.#connect();
      this.#group.coordinator = await this.#cluster.findGroupCoordinator({ groupId: this.groupId });
    } catch (error) {
      this.#logger.warn('cannot reach the coordinator of the group, trying again', { group: this.groupId, error });
      await this.#sleep(AGAIN_PAUSE);
    }
  }

  async #connect(): Promise<void> {
    await this.#group.connect();
    for (const topic of [this.topics.interactions, this.topics.profiles]) await know(this.#cluster, topic);
  }

  /** One that comes with an old generation is still a member: under a new name it would wait for itself. */
  #forgetIf(types: readonly string[]): void {
    if (types.some((type) => FORGOTTEN.includes(type))) this.#group.memberId = null;
  }

  /** Waits for the batches in flight. What takes too long is fenced by its next owner. */
  async #drain(): Promise<void> {
    await this.#beatUntil(this.listener.paused(), this.client.options.timing.rebalance / 2);
  }

  async #own(tasks: readonly number[]): Promise<void> {
    const before = this.#owned;
    this.#owned = [...tasks];
    const lost = before.filter((task) => !tasks.includes(task));
    const gained = tasks.filter((task) => !before.includes(task));
    if (lost.length > 0) await this.#beatUntil(this.listener.revoked(lost.map(asTask)));
    if (gained.length > 0) this.listener.assigned(gained.map(asTask));
  }

  /** Waits for what the tasks do, `ms` at most, and stays a member meanwhile, where it is one. */
  async #beatUntil(done: Promise<void>, ms = Number.POSITIVE_INFINITY): Promise<void> {
    const { heartbeat } = this.client.options.timing;
    const isDone = done.then(() => true);
    const until = performance.now() + ms;
    // A sleep that is not waited for any more does not keep the process.
    while (performance.now() < until && !(await Promise.race([isDone, sleep(heartbeat, false, { ref: false })]))) {
      await this.#group.heartbeat(NOW).catch(() => undefined);
    }
  }

  async #beat(): Promise<void> {
    const sent = performance.now();
    await this.#group.heartbeat(NOW);
    // A process that slept for longer than its session reads an answer that no longer holds.
    if (performance.now() - sent < this.client.options.timing.session) this.#succeeded(sent);
  }

  #succeeded(sent: number): void {
    const { resolve } = this.#beaten;
    this.#beaten = Promise.withResolvers();
    this.#beaten.promise.catch(() => undefined);
    resolve(sent);
  }

  async #pauseBetweenBeats(): Promise<void> {
    await Promise.race([this.#sleep(this.client.options.timing.heartbeat), this.#wake.promise]);
    this.#wake = Promise.withResolvers();
  }

  async #sleep(ms: number): Promise<void> {
    await pause(ms, this.#left.signal);
  }

  #failIfLeft(): void {
    if (this.#left.signal.aborted) throw new OwnershipLost(`this member has left group "${this.groupId}"`);
  }
}

function asTask(partition: number): Task {
  return { partition };
}
