/** Runs a task `count` times, never more than `atOnce` of them at a time. Stops early, and rejects, when one of them fails. */
export async function repeatConcurrently(count: number, atOnce: number, task: () => Promise<unknown>): Promise<void> {
  let started = 0;
  const work = async (): Promise<void> => {
    while (started < count) {
      started++;
      await task();
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, atOnce) }, work));
}
