/** vitest runs this once, around all test files; it starts nothing until one asks. */
import type { TestProject } from 'vitest/node';
import { type Coordinator, startCoordinator } from './coordinator.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where test files ask for servers; `test/services/use.ts` does. */
    services: string;
  }
}

let coordinator: Coordinator | undefined;

export async function setup({ provide }: TestProject): Promise<void> {
  coordinator = await startCoordinator();
  provide('services', coordinator.url);
}

export async function teardown(): Promise<void> {
  await coordinator?.close();
}
