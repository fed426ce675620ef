/**
 * Ends the instances when the driver is gone, however that ended: one that was stopped by SIGSTOP does not see its
 * channel close. Told of each instance by its process id.
 */
const alive = new Set<number>();

process.on('message', ({ pid, isAlive }: { pid: number; isAlive: boolean }) => {
  if (isAlive) alive.add(pid);
  else alive.delete(pid);
});
process.on('disconnect', () => {
  for (const pid of alive) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
  process.exit(0);
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
