import { totalmem } from 'node:os';

/** How much memory this process can have before somebody is killed for it: the container's limit, or what the machine has. */
export function memoryLimitBytes(): number {
  // 0 or a number beyond any machine if there is no limit.
  const constrainedBytes = process.constrainedMemory();
  return constrainedBytes > 0 ? Math.min(constrainedBytes, totalmem()) : totalmem();
}
