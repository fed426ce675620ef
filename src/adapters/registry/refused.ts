/** The registry will not have one of our schemas, or not from us: a person is needed. */
export class RegistryRefused extends Error {
  override readonly name = 'RegistryRefused';
}
