/** Finds what somebody probably meant. */

/** The fewest insertions, deletions and replacements that turn `a` into `b`, ignoring case. */
function distance(a: string, b: string): number {
  const from = a.toLowerCase();
  const to = b.toLowerCase();
  let row = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

/** Whether one holds the other, as `horror` and `genre/Horror` do. */
function holds(a: string, b: string): boolean {
  return a.length > 2 && b.length > 2 && (a.includes(b) || b.includes(a));
}

/** The known words nearest to `word`, nearest first: at most `max`, and none that are hardly alike. */
export function closest(word: string, known: Iterable<string>, max = 3): string[] {
  return [...known]
    .map((candidate) => ({
      candidate,
      far: holds(candidate.toLowerCase(), word.toLowerCase()) ? 0.5 : distance(word, candidate),
    }))
    .filter(({ far }) => far <= Math.max(2, word.length / 3))
    .sort((a, b) => a.far - b.far || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, max)
    .map(({ candidate }) => candidate);
}
