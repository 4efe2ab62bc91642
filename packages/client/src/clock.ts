/** Time as a parameter, so that tests do not depend on real time. */
export interface Clock {
  nowMs(): number;
  wait(delayMs: number): Promise<void>;
}

/** The clock of the browser or of Node. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wait: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
};
