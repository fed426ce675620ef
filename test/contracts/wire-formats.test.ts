/** The wire format that needs no server keeps the contract; the one with a registry does in registry.test.ts. */
import { SINGLE_OBJECT } from '../../src/events/wire-format.js';
import { singleObjectFormat } from '../../src/events/single-object.js';
import { wireFormatContract } from './wire-format.contract.js';

wireFormatContract('single-object encoding', async () => ({
  format: SINGLE_OBJECT,
  another: () => SINGLE_OBJECT,
  written: async (schema, value) => singleObjectFormat({ current: schema, history: [] }).encode(value),
  headLength: 10,
}));
