/** Whether objects and arrays are nested in each other more than `maxDepth` times. Does not recurse, so no input overflows the stack. */
export function isDeeperThan(maxDepth: number, value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth < maxDepth; depth += 1) {
    level = level.flatMap((node) => (typeof node === 'object' && node !== null ? Object.values(node) : []));
  }
  return level.some((node) => typeof node === 'object' && node !== null);
}
