/** What Redis and its client fail with, as the errors of the ports. */
import { OutcomeUnknown, TaskStopped, Unavailable } from '../../ports/errors.js';

/** Whether a call that got no answer may have changed something. */
export type Access = 'read' | 'write';

/** The call got no answer in time. */
export class CallTimedOut extends Error {
  override readonly name = 'CallTimedOut';
}

/**
 * Codes of answers after which nothing was executed: our scripts look before they write, and Redis refuses a script at
 * its first write. Redis before 7 puts the code into the middle of the message.
 */
const REFUSALS: readonly (readonly [pattern: RegExp, advice: string])[] = [
  [/\bOOM\b/, 'it has no memory left: raise its maxmemory or add nodes'],
  [/\bNOAUTH\b|\bWRONGPASS\b/, 'it does not know this user and password: set those of a user that exists'],
  [
    /\bNOPERM\b|user executing the script/,
    'its user lacks a right: docs/operations.md, "Redis", has the line that grants what is needed',
  ],
  [/\bMISCONF\b/, 'it cannot write to its disk and refuses changes: look at its log'],
  [/\bNOREPLICAS\b/, 'too few of its replicas are connected'],
  [/\bREADONLY\b/, 'this server is a replica: a failover is under way, or its address is wrong'],
  [/\bLOADING\b/, 'it is reading its data'],
  [/\bBUSY\b/, 'a script of somebody blocks it'],
  [/\bMASTERDOWN\b|\bCLUSTERDOWN\b/, 'a failover is under way, or nodes are missing'],
  [/\b(TRYAGAIN|MOVED|ASK)\b/, 'slots are being moved between its nodes'],
  [/max number of clients/, 'it has as many clients as it allows: raise its maxclients'],
];

/** Messages of ioredis for commands that never left this process, or that no node executed. */
const NOT_EXECUTED = /^(Stream isn't writeable|Cluster isn't ready|Too many Cluster redirections)/;

/** @returns the error of the ports; an answer that none of them covers is a fault and stays what it is */
export function translate(error: unknown, access: Access): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  const { message } = error;
  if (error.name === 'ReplyError') {
    if (/\bWRONGTYPE\b/.test(message)) return new TaskStopped('state-unreadable', `${keysOf(error)}: ${message}`);
    const advice = REFUSALS.find(([pattern]) => pattern.test(message))?.[1];
    return advice === undefined ? error : new Unavailable(`Redis refused: ${advice} (${message})`, { cause: error });
  }
  if (access === 'read' || NOT_EXECUTED.test(message)) {
    return new Unavailable(`Redis gave no answer: ${message}`, { cause: error });
  }
  return new OutcomeUnknown(`Redis did not say whether it wrote: ${message}`, { cause: error });
}

/** Those that may be meant: a script writes and reads a user's key as what it is, whatever it was. */
function keysOf(error: Error): string {
  const args = 'command' in error ? (error.command as { readonly args?: readonly unknown[] }).args : undefined;
  const keys = args?.filter((arg) => typeof arg === 'string' && /^\{[^}]+\}:/.test(arg)) ?? [];
  const others = keys.filter((key) => !/^\{[^}]+\}:u:/.test(String(key)));
  return `a key of the state store holds something else (${(others.length > 0 ? others : keys).join(' or ')})`;
}
