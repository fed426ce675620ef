/** What ONNX Runtime is tested on beside the processor, where somebody names it: a GPU is nowhere to be taken for granted. */
import { PROVIDERS, type Provider } from '../../src/adapters/onnx/session.js';

const VARIABLE = 'STEERSTREAM_TEST_PROVIDER';

function named(name: string | undefined): Provider | undefined {
  if (name === undefined || name === '') return undefined;
  const provider = PROVIDERS.find((one) => one === name);
  if (provider) return provider;
  throw new Error(`${VARIABLE} is "${name}": give one of ${PROVIDERS.join(', ')}, or leave it out`);
}

export const testProvider = named(process.env[VARIABLE]);
