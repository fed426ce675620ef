/**
 * `watchdog FOLDER COMMAND ...`: runs the command for as long as the process that started this one lives, whatever ends
 * it. An orphan's FOLDER (may be empty) is removed. Its parent holds a channel to it, which the system closes when the
 * parent is gone.
 */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';

const [, , folder = '', command = '', ...args] = process.argv;

// Ctrl-C ends the parent; this process ends when the command is gone.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
let orphan = false;
process.on('disconnect', () => {
  orphan = true;
  child.kill('SIGKILL');
});
child.on('spawn', () => process.send?.({ pid: child.pid }));
child.on('error', (error) => {
  process.stderr.write(`${command}: ${error.message}\n`);
  process.exit(127);
});
child.on('exit', (status) => {
  if (orphan && folder !== '') rmSync(folder, { recursive: true, force: true });
  process.exit(status ?? 0);
});
