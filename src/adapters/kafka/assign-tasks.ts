/** Which member gets which tasks: as even as can be, with the least movement. Pure. */

export interface Candidate {
  readonly id: string;
  /** Tasks that it owns now, by its own account. */
  readonly owned: readonly number[];
  /** Of the group when it got them: where two claim the same task, the later one has it. */
  readonly generation: number;
}

/**
 * Every task of 0 to `count` - 1 goes to exactly one member; no member has two more than another. Whoever owns tasks
 * keeps them up to its share, and as many members as possible have the larger share only if they had it before.
 */
export function assignTasks(members: readonly Candidate[], count: number): ReadonlyMap<string, readonly number[]> {
  const owner = currentOwners(members, count);
  const owned = new Map(members.map(({ id }) => [id, [] as number[]]));
  for (const [task, id] of owner) owned.get(id)?.push(task);
  // Whoever owns most takes the larger shares: what it has above the smaller one need not move.
  const ranked = [...members].sort((a, b) => lengthOf(owned, b.id) - lengthOf(owned, a.id) || (a.id < b.id ? -1 : 1));
  const least = Math.floor(count / members.length);
  const larger = count % members.length;
  const kept = new Map(
    ranked.map(({ id }, rank) => [id, (owned.get(id) ?? []).slice(0, least + (rank < larger ? 1 : 0))]),
  );
  const taken = new Set([...kept.values()].flat());
  const free = Array.from({ length: count }, (_, task) => task).filter((task) => !taken.has(task));
  for (const [rank, { id }] of ranked.entries()) {
    const share = kept.get(id) ?? [];
    const missing = least + (rank < larger ? 1 : 0) - share.length;
    share.push(...free.splice(0, missing));
    share.sort((a, b) => a - b);
  }
  return kept;
}

function currentOwners(members: readonly Candidate[], count: number): ReadonlyMap<number, string> {
  const owner = new Map<number, Candidate>();
  const byAge = [...members].sort((a, b) => a.generation - b.generation || (a.id < b.id ? 1 : -1));
  for (const member of byAge) for (const task of member.owned) if (task >= 0 && task < count) owner.set(task, member);
  return new Map([...owner].sort(([a], [b]) => a - b).map(([task, { id }]) => [task, id]));
}

function lengthOf(lists: ReadonlyMap<string, readonly number[]>, id: string): number {
  return lists.get(id)?.length ?? 0;
}
