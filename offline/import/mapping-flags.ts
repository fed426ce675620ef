/** The flags of `import csv` as a mapping: for files that a line describes. */
import { UserError } from '../../src/terminal/user-error.js';
import { completeMapping, type Mapping, type MappingDraft, readMapping } from './mapping.js';
import type { TimeUnit } from './tables/row.js';

export interface MappingFlags {
  readonly mapping?: string | undefined;
  readonly interactions?: string | undefined;
  readonly items?: string | undefined;
  /** Files of further attributes. */
  readonly attributes?: readonly string[] | undefined;
  readonly user?: string | undefined;
  /** Also the id's column in the other files. */
  readonly item?: string | undefined;
  readonly time?: string | undefined;
  readonly timeUnit?: TimeUnit | undefined;
  readonly kind?: string | undefined;
  readonly value?: string | undefined;
  readonly separator?: string | undefined;
  readonly title?: string | undefined;
  readonly attributeColumns?: readonly string[] | undefined;
  /** Between several values in one attribute's column. */
  readonly multiSeparator?: string | undefined;
  readonly decade?: string | undefined;
}

/** @throws UserError for a mapping that cannot be used, or flags about a file that nobody names */
export async function mappingOf(flags: MappingFlags): Promise<Mapping> {
  const draft = flags.mapping === undefined ? {} : await readMapping(flags.mapping);
  return completeMapping(withFlags(draft, flags), flags.mapping ?? 'import csv');
}

function withFlags(draft: MappingDraft, flags: MappingFlags): MappingDraft {
  const { interactions, items, attributes = [], user, item, time, timeUnit, kind, value, title, decade } = flags;
  const separator = flags.separator === undefined ? undefined : separatorOf(flags.separator);
  const column = (name: string): object => ({ column: name, ...given({ separator: flags.multiSeparator }) });
  const of = {
    interactions: given({ file: interactions, separator, user, item, time, timeUnit, kind, value }),
    items: given({ file: items, separator, id: item, title, decade, attributes: flags.attributeColumns?.map(column) }),
  };
  const joined = attributes.map((file) => given({ file, separator, id: item }));
  return {
    ...draft,
    ...section('interactions', draft.interactions, of.interactions, { user, time, timeUnit, kind, value }),
    ...section('items', draft.items, of.items, { title, decade, attributeColumns: flags.attributeColumns }),
    attributes: [...(draft.attributes ?? []), ...joined],
  };
}

/** The section under the flags; nothing where no file is named. @param own flags that are about this file alone */
function section(name: 'interactions' | 'items', before: object | undefined, flags: object, own: object): object {
  if (before !== undefined || 'file' in flags) return { [name]: { ...before, ...flags } };
  const [idle] = Object.keys(given(own));
  if (idle === undefined) return {};
  const flag = idle.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new UserError(`--${flag} is about the ${name}: name their file with --${name}`);
}

/** Without the members that are undefined. */
function given(members: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** A tab is hard to type. */
function separatorOf(text: string): string {
  return text === 'tab' || text === String.raw`\t` ? '\t' : text;
}
