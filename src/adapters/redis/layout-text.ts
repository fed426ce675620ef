/** The layout as it is stored: JSON, the same text for the same layout. */
import { z } from 'zod';
import type { Layout } from '../../ports/state-store.js';

const layout = z.object({ partitions: z.int().min(1), settings: z.string() });

export function layoutText({ partitions, settings }: Layout): string {
  return JSON.stringify({ partitions, settings });
}

/** @throws Error when it is none */
export function parseLayout(text: string): Layout {
  return layout.parse(JSON.parse(text));
}
