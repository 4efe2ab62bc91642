/**
 * Finds the transport-wide number of a packet by its stream and sequence number, for peers that report per stream (RFC 8888). Their packets
 * carry no transport-wide number, but are assigned one, so that the rest of congestion control need not distinguish the two.
 */

/** Packets of one stream that can be found: 400 ms at 50 Mbit/s, and several seconds of most layers. */
const CAPACITY = 2048;
const SEQUENCE_NUMBERS = 65_536;

export class StreamNumbers {
  /**
   * Keyed by SSRC, and then by the low bits of the sequence number. The value is the transport-wide number times 65,536, plus the sequence
   * number, which shows whether the place has been taken by another packet.
   */
  readonly #streams = new Map<number, Float64Array>();

  /** Records a packet that is sent. */
  note(ssrc: number, sequence: number, number: number): void {
    let numbers = this.#streams.get(ssrc);
    if (numbers === undefined) {
      numbers = new Float64Array(CAPACITY).fill(-1);
      this.#streams.set(ssrc, numbers);
    }
    numbers[sequence % CAPACITY] = number * SEQUENCE_NUMBERS + sequence;
  }

  /** @returns the transport-wide number; undefined if no such packet was sent recently */
  find(ssrc: number, sequence: number): number | undefined {
    const noted = this.#streams.get(ssrc)?.[sequence % CAPACITY] ?? -1;
    return noted < 0 || noted % SEQUENCE_NUMBERS !== sequence ? undefined : Math.floor(noted / SEQUENCE_NUMBERS);
  }

  /** Forgets a stream that has ended. */
  forget(ssrc: number): void {
    this.#streams.delete(ssrc);
  }
}
