/** The verbs of the floor process. */
export interface FloorVerbs {
  /** Adds these ports of 127.0.0.1 as sinks, with one connected socket each. */
  aim(ports: readonly number[]): Promise<void>;
  /** Starts sending one datagram to every sink for each packet of the load's publisher. */
  start(load: FloorLoad): void;
  pause(): void;
  /** Returns the number of rounds since the process started, each with one datagram to every sink. */
  sentRounds(): number;
}

export interface FloorLoad {
  readonly packetsPerSecond: number;
  readonly datagramBytes: number;
}
