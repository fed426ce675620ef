/**
 * Native TensorFlow asks for large tensors at every step, and glibc maps and unmaps such memory each time unless told
 * otherwise before the process starts. So the process begins again, once, with those settings.
 */
export const LARGE_ALLOCATIONS_KEPT = 'glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=4294967296';

/** Returns where nothing needs to change; elsewhere this process goes on as a new one with the same arguments. */
export function keepLargeAllocations(isNative: boolean): void {
  const { env, platform, execPath, argv, execArgv } = process;
  if (!isNative || platform !== 'linux' || env['GLIBC_TUNABLES'] !== undefined || process.execve === undefined) return;
  process.execve(execPath, [execPath, ...execArgv, ...argv.slice(1)], {
    ...env,
    GLIBC_TUNABLES: LARGE_ALLOCATIONS_KEPT,
  });
}
