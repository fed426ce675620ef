/** A user's mistake: shown as its one line, never with a stack trace. The line says what, where, and what to do. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** The work was ended from outside; everything done so far is kept and the next run goes on from there. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  constructor() {
    super('interrupted; run the same command again to go on from here');
  }
}
