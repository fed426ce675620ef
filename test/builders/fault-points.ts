/** The places where a test may stop an owner of a task, or answer in a server's stead. */
import type { OffsetFetchResponse, Producing } from '../../src/adapters/kafka/internals.js';
import type { Polled, ReadResult } from '../../src/ports/log.js';
import type { Fenced } from '../../src/ports/state-store.js';
import type { UserState } from '../../src/state/user-state.js';
import type { StepName } from '../../src/stream/steps.js';

/** Every step, and the calls of the servers by what they answer. */
interface Calls extends Record<StepName, undefined> {
  /** A producer takes its id, which fences. */
  readonly fence: Pick<Producing, 'producerId' | 'producerEpoch'>;
  /** Records are announced to a transaction. */
  readonly announce: unknown;
  /** The end of a transaction is asked for. */
  readonly end: unknown;
  /** ONE fetch of committed offsets. */
  readonly offsets: OffsetFetchResponse;
  readonly poll: Polled;
  /** A chunk to heal. */
  readonly read: ReadResult;
  readonly load: Fenced<ReadonlyMap<string, UserState>>;
  readonly write: Fenced<undefined>;
}

type Point = keyof Calls;
type Fault<P extends Point> = (call: () => Promise<Calls[P]>) => Promise<Calls[P]>;

type Faults = { [P in Point]?: Fault<P>[] };

export interface Hold {
  /** Resolves when the owner is there. */
  readonly reached: Promise<void>;
  readonly release: () => void;
}

export class FaultPoints {
  readonly #faults: Faults = {};
  #isOver = false;

  /** Goes through a point. After the end nothing does. */
  async pass<P extends Point>(point: P, call: () => Promise<Calls[P]>): Promise<Calls[P]> {
    if (this.#isOver) return new Promise(() => undefined);
    const fault = this.#of(point).shift();
    const answer = await (fault ? fault(call) : call());
    return this.#isOver ? new Promise(() => undefined) : answer;
  }

  /** The next pass that has no fault yet has this one: it calls, or does not, and answers. */
  next<P extends Point>(point: P, fault: Fault<P>): void {
    this.#of(point).push(fault);
  }

  /** The next pass stays there until released. */
  hold(point: Point): Hold {
    const reached = Promise.withResolvers<undefined>();
    const released = Promise.withResolvers<undefined>();
    this.next(point, async (call) => {
      reached.resolve(undefined);
      await released.promise;
      return call();
    });
    return {
      reached: reached.promise,
      release: () => {
        released.resolve(undefined);
      },
    };
  }

  /** Resolves the next time that the point is passed. */
  async at(point: Point): Promise<void> {
    const { reached, release } = this.hold(point);
    release();
    await reached;
  }

  /** Whoever is at a point, or comes to one, stays there for ever. */
  end(): void {
    this.#isOver = true;
  }

  #of<P extends Point>(point: P): Fault<P>[] {
    const faults: Faults[P] = this.#faults[point];
    if (faults) return faults;
    const none: Fault<P>[] = [];
    this.#faults[point] = none as Faults[P];
    return none;
  }
}

/** The target, but for these methods. */
export function overriding<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get(of, name) {
      if (Object.hasOwn(methods, name)) return Reflect.get(methods, name) as unknown;
      const member: unknown = Reflect.get(of, name, of);
      return typeof member === 'function' ? (member.bind(of) as unknown) : member;
    },
  });
}
