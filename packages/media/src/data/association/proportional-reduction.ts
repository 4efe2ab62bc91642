/**
 * How much may be in flight while losses are repaired: about half of what arrives is sent, of old or new data, so that acknowledgements keep
 * coming. Waiting until the flight has shrunk to the reduced window instead would let them stop where a burst has lost its end: nothing
 * behind it shows the loss, and only the timeout would help.
 *
 * @see RFC 6937 (proportional rate reduction with the slow start reduction bound)
 */
export class ProportionalReduction {
  readonly #packetBytes: number;
  /** What was in flight when the first loss showed. */
  #flightAtLossBytes = 0;
  #windowBytes = 0;
  #arrivedBytes = 0;
  #sentBytes = 0;
  /** So much may be in flight now. */
  limitBytes = 0;

  /** @param packetBytes what a full packet holds */
  constructor(packetBytes: number) {
    this.#packetBytes = packetBytes;
  }

  /** A loss has shown. @param windowBytes what the window was reduced to */
  begin(flightBytes: number, windowBytes: number): void {
    this.#flightAtLossBytes = Math.max(flightBytes, this.#packetBytes);
    this.#windowBytes = windowBytes;
    this.#arrivedBytes = 0;
    this.#sentBytes = 0;
    // What is missed is sent again at once.
    this.limitBytes = flightBytes + this.#packetBytes;
  }

  noteSent(sizeBytes: number): void {
    this.#sentBytes += sizeBytes;
  }

  /** @param arrivedBytes what an acknowledgement has shown to have arrived @param flightBytes what is in flight since */
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
