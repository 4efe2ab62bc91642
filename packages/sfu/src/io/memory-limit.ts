import { totalmem } from 'node:os';

/** How much memory this process can use before the system kills a process: the container's limit, or what the machine has. */
export function memoryLimitBytes(): number {
  // 0 or a number beyond any machine if there is no limit.
  const constrainedBytes = process.constrainedMemory();
  return constrainedBytes > 0 ? Math.min(constrainedBytes, totalmem()) : totalmem();
}
