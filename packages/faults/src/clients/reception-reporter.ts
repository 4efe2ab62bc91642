/**
 * Reports once a second what has arrived of a stream, as every receiver does.
 *
 * @see RFC 3550 §6.4.2, appendix A.3
 */
import type { RtcpChannel } from '@causeway/loadtest';
import { type RtpView, SequenceUnwrapper, writeReceiverReport } from '@causeway/wire';

const INTERVAL_MS = 1_000;
const MAX_REPORT_BYTES = 64;
const OWN_SSRC = 1;

interface Reception {
  readonly ssrc: number;
  readonly unwrapper: SequenceUnwrapper;
  readonly first: number;
  highest: number;
  received: number;
}

export class ReceptionReporter {
  readonly #rtcp: Pick<RtcpChannel, 'send'>;
  readonly #out = new Uint8Array(MAX_REPORT_BYTES);
  readonly #timer: NodeJS.Timeout;
  /** The reception of the stream that arrived last. */
  #reception: Reception | undefined;

  constructor(rtcp: Pick<RtcpChannel, 'send'>) {
    this.#rtcp = rtcp;
    this.#timer = setInterval(() => this.#report(), INTERVAL_MS);
  }

  /** Notes a packet that has arrived. */
  note({ ssrc, sequenceNumber }: RtpView): void {
    if (this.#reception?.ssrc !== ssrc) {
      const unwrapper = new SequenceUnwrapper();
      const first = unwrapper.unwrap(sequenceNumber);
      this.#reception = { ssrc, unwrapper, first, highest: first, received: 1 };
      return;
    }
    const reception = this.#reception;
    reception.highest = Math.max(reception.highest, reception.unwrapper.unwrap(sequenceNumber));
    reception.received++;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #report(): void {
    if (this.#reception === undefined) return;
    const { ssrc, first, highest, received } = this.#reception;
    const block = {
      ssrc,
      fractionLost: 0,
      cumulativeLost: highest - first + 1 - received,
      extendedHighestSeq: highest >>> 0,
      jitterTicks: 0,
      lastSenderReport: 0,
      delaySinceLastSenderReport: 0,
    };
    const end = writeReceiverReport(this.#out, 0, { senderSsrc: OWN_SSRC, reports: [block] });
    this.#rtcp.send(this.#out.subarray(0, end));
  }
}
