/**
 * Reports to the SFU when each numbered packet arrived, ten times a second, as browsers do. Header extensions are not encrypted, so nothing
 * is decrypted for it.
 *
 * @see draft-holmer-rmcat-transport-wide-cc-extensions-01
 */
import { type ExtendedSeq, RtpView, readTransportSequence, SequenceUnwrapper, TransportFeedbackWriter } from '@causeway/wire';
import type { RtcpChannel } from './rtcp-channel.ts';

const INTERVAL_MS = 100;
const MAX_FEEDBACK_BYTES = 1100;
const OWN_SSRC = 1;

export class FeedbackReporter {
  readonly #rtcp: Pick<RtcpChannel, 'send'>;
  readonly #extensionId: number;
  readonly #view = new RtpView();
  readonly #unwrapper = new SequenceUnwrapper();
  readonly #writer = new TransportFeedbackWriter(MAX_FEEDBACK_BYTES);
  readonly #out = new Uint8Array(MAX_FEEDBACK_BYTES);
  readonly #timer: NodeJS.Timeout;
  #arrivals: { readonly sequence: ExtendedSeq; readonly atMs: number }[] = [];
  #mediaSsrc = 0;
  #feedbackCount = 0;

  /** @param extensionId id of the header extension with transport-wide numbers */
  constructor(rtcp: Pick<RtcpChannel, 'send'>, extensionId: number) {
    this.#rtcp = rtcp;
    this.#extensionId = extensionId;
    this.#timer = setInterval(() => this.#report(), INTERVAL_MS);
  }

  /** Records the arrival of a packet that is still protected. */
  note(packet: Uint8Array): void {
    const view = this.#view;
    if (!view.read(packet, packet.length) || !view.findExtension(this.#extensionId)) return;
    const number = readTransportSequence(packet, view.extensionOffset, view.extensionLength);
    if (number === undefined) return;
    this.#mediaSsrc = view.ssrc;
    this.#arrivals.push({ sequence: this.#unwrapper.unwrap(number), atMs: performance.now() });
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #report(): void {
    const arrivals = this.#arrivals.sort((one, other) => one.sequence - other.sequence);
    this.#arrivals = [];
    while (arrivals.length > 0) {
      const first = arrivals[0];
      if (first === undefined) return;
      this.#writer.begin(first.sequence, first.atMs);
      const refused = arrivals.findIndex(({ sequence, atMs }) => !this.#writer.add(sequence, atMs));
      const end = this.#writer.write(this.#out, 0, OWN_SSRC, this.#mediaSsrc, this.#feedbackCount++ & 0xff);
      this.#rtcp.send(this.#out.subarray(0, end));
      arrivals.splice(0, refused < 0 ? arrivals.length : Math.max(refused, 1));
    }
  }
}
