/** Time, as a parameter, so that tests need none of the real one. */
export interface Clock {
  nowMs(): number;
  wait(delayMs: number): Promise<void>;
}

/** The time of the browser or of Node. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wait: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
};
