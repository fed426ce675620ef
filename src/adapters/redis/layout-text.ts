/** The layout as it is stored: JSON, the same text for the same layout. */
import { z } from 'zod';
import { TaskStopped } from '../../ports/errors.js';
import type { Layout } from '../../ports/state-store.js';

const layout = z.object({ partitions: z.int().min(1), settings: z.string() });

export function layoutText({ partitions, settings }: Layout): string {
  return JSON.stringify({ partitions, settings });
}

/** @throws TaskStopped when it is none */
export function parseLayout(text: string): Layout {
  try {
    return layout.parse(JSON.parse(text));
  } catch {
    throw new TaskStopped('state-unreadable', `"${text}" is no layout of stored states: who wrote it?`);
  }
}
