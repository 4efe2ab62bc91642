/** Time, as a parameter, so that tests need none of the real one. */
export interface Clock {
  nowMs(): number;
  wait(delayMs: number): Promise<void>;
}

export const browserClock: Clock = {
  nowMs: () => performance.now(),
  wait: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
};
