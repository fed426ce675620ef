/** The protocol's requests name each topic once. */
export function byTopic<T extends { readonly topic: string }>(
  all: readonly T[],
): readonly { readonly topic: string; readonly of: T[] }[] {
  return [...Map.groupBy(all, ({ topic }) => topic)].map(([topic, of]) => ({ topic, of }));
}
