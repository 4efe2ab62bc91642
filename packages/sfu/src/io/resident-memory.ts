/**
 * Returns a function that reads the resident memory of the process. On Linux it is in a file, which a process without a
 * free file descriptor cannot open; the function then returns the previous value.
 *
 * @param readBytes throws the system's error when the value cannot be read
 * @returns bytes; 0 until it was read for the first time
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
