/** Runs the SDP exchanges of one session one after another, in the order in which they were requested. */
export interface NegotiationQueue {
  /** @returns what the exchange returns. A failed exchange does not hold up the next one */
  run<Result>(exchange: () => Promise<Result>): Promise<Result>;
  /** Rejects exchanges that have not begun, and all later ones, with `reason`. An exchange under way continues to its end. */
  close(reason: Error): void;
}

/**
 * Creates the queue of one session. A peer connection has one signalling state and an SFU session has one pending offer, so two exchanges
 * that overlap can only disturb each other. Waiting here costs one round trip; glare costs several.
 */
export function createNegotiationQueue(): NegotiationQueue {
  let last: Promise<unknown> = Promise.resolve();
  let closedBy: Error | undefined;

  return {
    run(exchange) {
      const result = last.then(() => {
        if (closedBy !== undefined) throw closedBy;
        return exchange();
      });
      last = result.catch(() => undefined);
      return result;
    },
    close(reason) {
      closedBy ??= reason;
    },
  };
}
