/** A graph and its weights, ready to run. */
import { env, InferenceSession } from 'onnxruntime-node';

// What goes wrong is thrown, and told by whoever catches it: ONNX Runtime need not write it to stderr too.
env.logLevel = 'fatal';

export const PROVIDERS = ['cpu', 'webgpu', 'cuda'] as const;
export type Provider = (typeof PROVIDERS)[number];

export interface OnnxOptions {
  readonly provider: Provider;
  /** Threads of one operation, at least 1. */
  readonly threads: number;
}

/**
 * @param weights file name -> bytes that the graph refers to
 * @throws Error that says how a provider is had, where it is missing
 */
export async function openSession(
  graph: Uint8Array,
  weights: ReadonlyMap<string, Uint8Array>,
  { provider, threads }: OnnxOptions,
): Promise<InferenceSession> {
  const opened = InferenceSession.create(graph, {
    executionProviders: [provider],
    externalData: [...weights].map(([path, data]) => ({ path, data })),
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    // Batches differ in size: a plan of the memory would be kept for each.
    enableMemPattern: false,
  });
  return opened.catch((error: unknown) => {
    if (provider === 'cpu') throw error;
    throw new Error(`ONNX Runtime cannot use ${provider}: ${REMEDIES[provider]}`, { cause: error });
  });
}

const REMEDIES: Readonly<Record<Exclude<Provider, 'cpu'>, string>> = {
  webgpu: 'it needs a GPU, and a Vulkan, Metal or Direct3D driver that this process finds',
  cuda:
    'its library is not part of the package onnxruntime-node; with CUDA 12 on the machine, fetch it by ' +
    '`node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12`, or take another provider',
};
