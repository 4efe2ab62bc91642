/**
 * Tells how much memory the process has. Linux says so in a file, which a process without a free file descriptor cannot open: the figure
 * is then the one before.
 *
 * @param readBytes throws the system's error when it cannot say
 * @returns bytes; 0 until the system has once been able to say
 */
export function createResidentMemory(readBytes: () => number = process.memoryUsage.rss): () => number {
  let lastBytes = 0;
  return () => {
    try {
      lastBytes = readBytes();
    } catch {
      // Measuring must not end the process.
    }
    return lastBytes;
  };
}
