/** What the floor process does when asked. */
export interface FloorVerbs {
  /** Sends to these ports of 127.0.0.1 as well from now on, one connected socket each. */
  aim(ports: readonly number[]): Promise<void>;
  /** From now on sends one datagram to every sink, as often as the load's publisher sends a packet. */
  start(load: FloorLoad): void;
  pause(): void;
  /** Rounds since the process started; each was one datagram to every sink there was. */
  sentRounds(): number;
}

export interface FloorLoad {
  readonly packetsPerSecond: number;
  readonly datagramBytes: number;
}
