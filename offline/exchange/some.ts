/** The first few of many names, for a message. */
const FEW = 5;

export const some = (names: readonly string[]): string =>
  `${names.slice(0, FEW).join(', ')}${names.length > FEW ? `, and ${names.length - FEW} more` : ''}`;
