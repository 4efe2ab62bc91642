/** Counts what is on a wire by what can be read without keys, such as RTP headers. */
import { peekRtpSsrc } from '@causeway/wire';

const MIN_RTP_BYTES = 12;

export interface StreamCount {
  readonly ssrc: number;
  readonly packets: number;
  readonly bytes: number;
}

/** The counts for one direction of a line. */
export interface WireCount {
  readonly datagrams: number;
  readonly bytes: number;
  /** Datagrams that did not arrive because the line was told to lose them. */
  readonly lost: number;
  /** RTP streams that had a packet, those with the most packets first. */
  readonly streams: readonly StreamCount[];
}

export class WireTally {
  #datagrams = 0;
  #bytes = 0;
  #lost = 0;
  readonly #streams = new Map<number, { packets: number; bytes: number }>();

  add(datagram: Uint8Array, copies: number): void {
    this.#datagrams++;
    this.#bytes += datagram.length;
    if (copies === 0) this.#lost++;
    if (isRtp(datagram)) this.#addRtp(datagram);
  }

  /** Returns the counts since the last call of this. */
  take(): WireCount {
    const streams = [...this.#streams].map(([ssrc, count]) => ({ ssrc, ...count })).sort((a, b) => b.packets - a.packets);
    const taken = { datagrams: this.#datagrams, bytes: this.#bytes, lost: this.#lost, streams };
    this.#datagrams = this.#bytes = this.#lost = 0;
    this.#streams.clear();
    return taken;
  }

  #addRtp(datagram: Uint8Array): void {
    const ssrc = peekRtpSsrc(datagram);
    const count = this.#streams.get(ssrc) ?? { packets: 0, bytes: 0 };
    count.packets++;
    count.bytes += datagram.length;
    this.#streams.set(ssrc, count);
  }
}

/** @see RFC 7983 §7, RFC 5761 §4 */
function isRtp(datagram: Uint8Array): boolean {
  const [first = 0, second = 0] = datagram;
  return datagram.length >= MIN_RTP_BYTES && first >= 128 && first <= 191 && !(second >= 192 && second <= 223);
}
