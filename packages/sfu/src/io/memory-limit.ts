import { totalmem } from 'node:os';

/** Returns the memory that this process can use before the system kills it: the limit of the container, or the memory of the machine. */
export function memoryLimitBytes(): number {
  // Without a limit, Node returns 0 or a number larger than the memory of any machine.
  const constrainedBytes = process.constrainedMemory();
  return constrainedBytes > 0 ? Math.min(constrainedBytes, totalmem()) : totalmem();
}
