/**
 * Writes the outgoing RTCP of one peer. Feedback is sent at once in reduced-size packets; reports are sent in compound packets, once per
 * round.
 *
 * @see RFC 3550 §6.4, RFC 4585 §6, RFC 5506 (reduced size)
 */
import {
  type ExtendedSeq,
  type ReportBlock,
  type SenderReport,
  toSeq16,
  writeBye,
  writeNack,
  writePli,
  writeReceiverReport,
  writeRemb,
  writeSdes,
  writeSenderReport,
} from '@causeway/wire';
import type { Path } from '../demux/path.ts';
import type { EngineContext } from '../engine-context.ts';
import type { Outbox } from '../outbox.ts';
import type { ProtectedBytes, SecureEndpoint } from '../secure-endpoint.ts';
import type { StreamRecorder, TwccRecorder } from './arrival-feedback.ts';

/** The most streams that one receiver report can contain, since its count has five bits (RFC 3550 §6.4.2). */
const MAX_REPORT_BLOCKS = 31;
/** Leaves room below the path MTU for SRTCP's trailer. */
const MAX_COMPOUND_BYTES = 1100;
/** A NACK with this many packets fits a datagram even if no two numbers share a field of 4 bytes. */
const MAX_NACKED_PACKETS = 250;

/** The transport that RTCP is written for. */
export interface RtcpTransport {
  readonly context: Pick<EngineContext, 'slots'>;
  readonly canSend: boolean;
  readonly ice: { readonly selectedPath: Path | undefined };
  readonly outbox: Outbox<ProtectedBytes> | Outbox<Uint8Array>;
  readonly endpoint: Pick<SecureEndpoint, 'rtcpStream'>;
}

export class RtcpSender {
  readonly #transport: RtcpTransport;
  /** Identifies the SFU as a receiver; also the sender SSRC of feedback. */
  readonly ssrc: number;

  constructor(transport: RtcpTransport, ssrc: number) {
    this.#transport = transport;
    this.ssrc = ssrc;
  }

  sendPli(mediaSsrc: number): void {
    this.#send((out, offset) => writePli(out, offset, { senderSsrc: this.ssrc, mediaSsrc }));
  }

  sendNack(mediaSsrc: number, lost: readonly ExtendedSeq[]): void {
    for (let first = 0; first < lost.length; first += MAX_NACKED_PACKETS) {
      const part = lost.slice(first, first + MAX_NACKED_PACKETS).map(toSeq16);
      this.#send((out, offset) => writeNack(out, offset, { senderSsrc: this.ssrc, mediaSsrc, lost: part }));
    }
  }

  sendBye(ssrcs: readonly number[]): void {
    this.#send((out, offset) => {
      const afterReport = writeReceiverReport(out, offset, { senderSsrc: this.ssrc, reports: [] });
      return writeBye(out, afterReport, { ssrcs });
    });
  }

  sendRemb(bitrateBps: number, ssrcs: readonly number[]): void {
    this.#send((out, offset) => writeRemb(out, offset, { senderSsrc: this.ssrc, bitrateBps, ssrcs }));
  }

  sendTransportFeedback(nowMs: number, recorder: TwccRecorder, mediaSsrc: number): void {
    this.#send((out, offset) => recorder.writeFeedback(nowMs, this.ssrc, mediaSsrc, out, offset));
  }

  sendCongestionFeedback(nowMs: number, recorder: StreamRecorder): void {
    this.#send((out, offset) => recorder.writeFeedback(nowMs, this.ssrc, out, offset));
  }

  /** Sends one round of reports: receiver reports, sender reports and CNAMEs. Starts another packet when a datagram is full. */
  sendReports(received: readonly ReportBlock[], sent: readonly SenderReport[], cnames: readonly string[]): void {
    if (!this.#transport.canSend) return;
    for (let first = 0; first < received.length; first += MAX_REPORT_BLOCKS) {
      const reports = received.slice(first, first + MAX_REPORT_BLOCKS);
      this.#send((out, offset) => writeReceiverReport(out, offset, { senderSsrc: this.ssrc, reports }));
    }
    let next = 0;
    while (next < sent.length) {
      this.#send((out, offset) => {
        let end = offset;
        while (next < sent.length && end - offset < MAX_COMPOUND_BYTES) {
          const report = sent[next];
          end = writeSenderReport(out, end, report);
          // Each message has one chunk, because aiortc 1.4 discards the whole compound packet if there are more.
          end = writeSdes(out, end, { chunks: [{ ssrc: report.senderSsrc, cname: cnames[next] }] });
          next++;
        }
        return end;
      });
    }
  }

  #send(write: (out: Uint8Array, offset: number) => number): void {
    const path = this.#transport.ice.selectedPath;
    if (path === undefined || !this.#transport.canSend) return;
    const { slots } = this.#transport.context;
    const start = slots.takeSlot();
    const end = write(slots.bytes, start);
    if (end > start) this.#transport.outbox.addRtcp(path, this.#transport.endpoint.rtcpStream, start, end - start);
  }
}
