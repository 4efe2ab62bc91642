const POLL_MS = 20;
/** Nothing new for so long means that what is missing will not come. */
const SILENCE_MS = 400;

/**
 * Waits until nothing is outstanding, or until what is outstanding no longer grows less.
 *
 * @param outstanding how many packets have not arrived yet
 */
export async function drain(outstanding: () => number | Promise<number>, sleep: (ms: number) => Promise<unknown>): Promise<void> {
  let left = await outstanding();
  let silentMs = 0;
  while (left > 0 && silentMs < SILENCE_MS) {
    await sleep(POLL_MS);
    const now = await outstanding();
    silentMs = now < left ? 0 : silentMs + POLL_MS;
    left = now;
  }
}
