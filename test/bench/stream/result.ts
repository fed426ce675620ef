/** What the stream bench measured, and how it is told. */
import { median } from '../median.js';
import type { Percentiles, Use } from './plan.js';

/** Numbers of processes. */
export const COUNTS = [1, 2];

export interface Load extends Percentiles {
  readonly instances: number;
  /** Of the rate that these instances reached. */
  readonly share: number;
  readonly perSecond: number;
  /** What the raw loop takes at as many events a second, with as many processes; where it was measured. */
  readonly raw: Percentiles | undefined;
}

export interface Speed extends Use {
  /** Of events that became committed lists. */
  readonly perSecond: number;
  /** CPU time of all processes for one event, microseconds: less a matter of what else the machine does. */
  readonly cpuMicros: number;
}

/** One measurement of everything: raw loop and service in turn, so that what else the machine does meets both. */
export interface Round {
  /** By the number of processes. */
  readonly service: Readonly<Record<number, Speed>>;
  readonly raw: Readonly<Record<number, Speed>>;
  readonly loads: readonly Load[];
  /** Of a user with the history that a measurement begins with. */
  readonly redisBytesPerUser: number;
}

/** Medians of the rounds, of the longest time the longest; the ratio's is that of the rounds' ratios. */
export interface Result extends Round {
  readonly batch: number;
  readonly partitions: number;
  readonly rounds: readonly Round[];
  /** Service's events a second over the raw loop's. */
  readonly ratio: Readonly<Record<number, number>>;
}

export function medians(rounds: readonly Round[]): Round & Pick<Result, 'ratio'> {
  const of = (value: (round: Round) => number | undefined): number =>
    median(rounds.map((round) => value(round) ?? Number.NaN));
  const speeds = (kind: 'raw' | 'service'): Record<number, Speed> =>
    Object.fromEntries(
      COUNTS.map((count) => [
        count,
        {
          perSecond: of((round) => round[kind][count]?.perSecond),
          cpuMicros: of((round) => round[kind][count]?.cpuMicros),
          loop: {
            p99: of((round) => round[kind][count]?.loop.p99),
            max: Math.max(...rounds.map((round) => round[kind][count]?.loop.max ?? Number.NaN)),
          },
        },
      ]),
    );
  const ratioOf = ({ raw, service }: Round, count: number): number =>
    (service[count]?.perSecond ?? Number.NaN) / (raw[count]?.perSecond ?? Number.NaN);
  return {
    raw: speeds('raw'),
    service: speeds('service'),
    ratio: Object.fromEntries(COUNTS.map((count) => [count, round(of((one) => ratioOf(one, count)))])),
    loads: (rounds[0]?.loads ?? []).map((load, i) => ({
      ...load,
      perSecond: of(({ loads }) => loads[i]?.perSecond),
      p50: of(({ loads }) => loads[i]?.p50),
      p99: of(({ loads }) => loads[i]?.p99),
      raw: load.raw && { p50: of(({ loads }) => loads[i]?.raw?.p50), p99: of(({ loads }) => loads[i]?.raw?.p99) },
    })),
    // What Redis frees of earlier measurements meanwhile makes it look like less.
    redisBytesPerUser: Math.max(...rounds.map((one) => one.redisBytesPerUser)),
  };
}

export function table({ service, raw, ratio, loads, redisBytesPerUser, batch, partitions }: Result): string {
  const speeds = Object.keys(service).map((n) => {
    const count = Number(n);
    const [ours, theirs] = [service[count], raw[count]];
    return `| ${n} | ${ours?.perSecond} | ${theirs?.perSecond} | ${ratio[count]} | ${ours?.cpuMicros} | ${theirs?.cpuMicros} | ${ours?.loop.p99} / ${ours?.loop.max} |`;
  });
  const latencies = loads.map(({ instances, share, perSecond, p50, p99, raw: beside }) => {
    const theirs = beside ? `${beside.p50} / ${beside.p99}` : '';
    return `| ${instances} | ${Math.round(share * 100)} % | ${perSecond} | ${p50} | ${p99} | ${theirs} |`;
  });
  return [
    `${partitions} partitions, at most ${batch} records a transaction`,
    '',
    '| processes | service, events/s | raw loop, events/s | ratio | service, CPU us/event | raw loop, CPU us/event | event loop held up at full load, p99 / longest, ms |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...speeds,
    '',
    '| processes | load | events/s | p50, ms | p99, ms | raw loop, p50 / p99 |',
    '| --- | --- | --- | --- | --- | --- |',
    ...latencies,
    '',
    `Redis: ${redisBytesPerUser} bytes a user`,
  ].join('\n');
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
