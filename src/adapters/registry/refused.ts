import { StartRefused } from '../../ports/errors.js';

/** The registry will not have one of our schemas, or not from us: a person is needed. */
export class RegistryRefused extends StartRefused {
  override readonly name = 'RegistryRefused';
}
