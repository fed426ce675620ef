/** Progress on stderr: one line redrawn on a terminal, a line every few seconds elsewhere. */
export interface ProgressOptions {
  readonly label: string;
  /** How much there is to do; leave out when that is not known. */
  readonly total?: number;
  /** What is counted, in the plural: `records`. */
  readonly unit: string;
}

export interface ProgressLine {
  /** `done` of the total is done. May be called as often as is handy. */
  tick(done: number, note?: string): void;
  /** Leaves the final line. */
  end(note?: string): void;
}

/** Where the line goes; stderr and the real clock unless a test says otherwise. */
export interface ProgressSink {
  readonly isTerminal: boolean;
  readonly columns: number;
  write(text: string): void;
  /** Milliseconds. */
  now(): number;
}

const REDRAW_MS = 100;
const LINE_MS = 5000;

export function createProgress(options: ProgressOptions, sink: ProgressSink = stderrSink()): ProgressLine {
  const started = sink.now();
  const pause = sink.isTerminal ? REDRAW_MS : LINE_MS;
  let first: number | undefined;
  let done = 0;
  let note: string | undefined;
  let drawn = started;
  const line = (): string =>
    formatProgress(options, { done, resumedAt: first ?? 0, elapsedMs: sink.now() - started, note });
  return {
    tick(count, text) {
      // Work that is resumed starts at some count: the rate is that of this run.
      first ??= count;
      done = count;
      note = text;
      if (sink.now() - drawn < pause) return;
      drawn = sink.now();
      sink.write(sink.isTerminal ? `\r\u001b[2K${line().slice(0, sink.columns - 1)}` : `${line()}\n`);
    },
    end(text) {
      note = text ?? note;
      const elapsed = (sink.now() - started) / 1000;
      const last = `${options.label}: ${groups(done)} ${options.unit} in ${elapsed.toFixed(1)} s${note ? `, ${note}` : ''}`;
      sink.write(`${sink.isTerminal ? '\r\u001b[2K' : ''}${last}\n`);
    },
  };
}

export interface ProgressState {
  readonly done: number;
  /** What was done before this run. */
  readonly resumedAt: number;
  readonly elapsedMs: number;
  readonly note?: string | undefined;
}

/** `import  12,000 / 60,000 records  20 %  8,000/s  0:06 left  note` */
export function formatProgress(options: ProgressOptions, state: ProgressState): string {
  const { label, total, unit } = options;
  const rate = state.elapsedMs > 0 ? ((state.done - state.resumedAt) / state.elapsedMs) * 1000 : 0;
  const parts = [
    label,
    total === undefined ? `${groups(state.done)} ${unit}` : `${groups(state.done)} / ${groups(total)} ${unit}`,
  ];
  if (total !== undefined && total > 0) parts.push(`${Math.floor((100 * state.done) / total)} %`);
  if (rate > 0) {
    parts.push(`${rateText(rate)}/s`);
    if (total !== undefined && total >= state.done) parts.push(`${duration((total - state.done) / rate)} left`);
  }
  if (state.note) parts.push(state.note);
  return parts.join('  ');
}

/** Seconds as `0:07`, `12:30` or `1:02:03`. */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  const two = (n: number): string => String(n).padStart(2, '0');
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** A whole number with commas between its groups of three. */
export function groups(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

function rateText(rate: number): string {
  return rate >= 100 ? groups(rate) : rate.toPrecision(2);
}

function stderrSink(): ProgressSink {
  return {
    isTerminal: process.stderr.isTTY,
    columns: process.stderr.columns || 80,
    write: (text) => void process.stderr.write(text),
    now: () => performance.now(),
  };
}
