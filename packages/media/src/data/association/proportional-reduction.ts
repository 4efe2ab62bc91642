/**
 * Limits the bytes in flight while losses are repaired. For about every two bytes that arrive, one is sent, either lost or new data, so
 * that acknowledgements keep coming. If the sender waited until the flight had shrunk to the reduced window, acknowledgements could stop
 * where the end of a burst is lost. Nothing behind it would reveal that loss, and only the timeout would help.
 *
 * @see RFC 6937 (proportional rate reduction with the slow start reduction bound)
 */
export class ProportionalReduction {
  readonly #packetBytes: number;
  /** Bytes in flight when the first loss was detected. */
  #flightAtLossBytes = 0;
  #windowBytes = 0;
  #arrivedBytes = 0;
  #sentBytes = 0;
  /** How many bytes may be in flight now. */
  limitBytes = 0;

  /** @param packetBytes capacity of a full packet */
  constructor(packetBytes: number) {
    this.#packetBytes = packetBytes;
  }

  /** Starts a recovery. @param windowBytes the reduced window */
  begin(flightBytes: number, windowBytes: number): void {
    this.#flightAtLossBytes = Math.max(flightBytes, this.#packetBytes);
    this.#windowBytes = windowBytes;
    this.#arrivedBytes = 0;
    this.#sentBytes = 0;
    // The lost packet is retransmitted at once.
    this.limitBytes = flightBytes + this.#packetBytes;
  }

  noteSent(sizeBytes: number): void {
    this.#sentBytes += sizeBytes;
  }

  /** @param arrivedBytes newly acknowledged bytes @param flightBytes bytes in flight after that */
  noteArrived(arrivedBytes: number, flightBytes: number): void {
    this.#arrivedBytes += arrivedBytes;
    this.limitBytes = flightBytes + Math.max(0, this.#allowance(arrivedBytes, flightBytes));
  }

  #allowance(arrivedBytes: number, flightBytes: number): number {
    if (flightBytes > this.#windowBytes) {
      return (this.#arrivedBytes * this.#windowBytes) / this.#flightAtLossBytes - this.#sentBytes;
    }
    const behindBytes = Math.max(this.#arrivedBytes - this.#sentBytes, arrivedBytes) + this.#packetBytes;
    return Math.min(this.#windowBytes - flightBytes, behindBytes);
  }
}
