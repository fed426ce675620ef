/** A server or a tool that this machine lacks; the message says how to get it. */
export class MissingService extends Error {
  override name = 'MissingService';
}
