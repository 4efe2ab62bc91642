/**
 * Sends feedback about a peer's packets, for the peer's congestion control: by transport-wide numbers, or by stream.
 *
 * @see draft-holmer-rmcat-transport-wide-cc-extensions-01; RFC 8888
 */
import { type RtpView, readTransportSequence, TRANSPORT_WIDE_CC_URI } from '@causeway/wire';
import type { EngineContext } from '../engine-context.ts';
import type { ExtensionPlan } from '../plan.ts';
import { StreamRecorder } from '../publisher/stream-recorder.ts';
import { TwccRecorder } from '../publisher/twcc-recorder.ts';
import type { Timer } from '../timers.ts';
import type { RtcpSender } from './rtcp-sender.ts';

/** The transport whose packets the feedback is about. */
export interface ReportingTransport {
  readonly context: Pick<EngineContext, 'timers'>;
  readonly rtcp: Pick<RtcpSender, 'sendTransportFeedback' | 'sendCongestionFeedback'>;
  reportDefect(error: unknown): void;
}

export class TransportCongestion implements Timer {
  readonly #transport: ReportingTransport;
  readonly #recorder = new TwccRecorder();
  /** Created for a peer that wants reports by stream. */
  #streamRecorder: StreamRecorder | undefined = undefined;
  #extensionId = 0;
  #mediaSsrc = 0;
  deadlineMs = Number.POSITIVE_INFINITY;
  heapIndex = -1;

  constructor(transport: ReportingTransport) {
    this.#transport = transport;
  }

  /** Sets the extension id of the transport-wide sequence number, which is the same for the whole bundle. */
  useExtensions(extensions: readonly ExtensionPlan[]): void {
    const id = extensions.find(({ uri }) => uri === TRANSPORT_WIDE_CC_URI)?.id;
    if (id !== undefined) this.#extensionId = id;
  }

  /** Sets whether reports are by stream. */
  reportByStream(isByStream: boolean): void {
    if (!isByStream) this.#streamRecorder = undefined;
    else this.#streamRecorder ??= new StreamRecorder();
  }

  recordArrival(nowMs: number, view: RtpView): void {
    if (this.#streamRecorder !== undefined) {
      this.#streamRecorder.record(nowMs, view.ssrc, view.sequenceNumber);
      this.#schedule(this.#streamRecorder.dueAt());
      return;
    }
    if (this.#extensionId === 0 || !view.findExtension(this.#extensionId)) return;
    const sequence = readTransportSequence(view.bytes, view.extensionOffset, view.extensionLength);
    if (sequence === undefined) return;
    this.#mediaSsrc = view.ssrc;
    this.#recorder.record(nowMs, sequence);
    this.#schedule(this.#recorder.dueAt());
  }

  fire(nowMs: number): void {
    const streams = this.#streamRecorder;
    if (streams === undefined) this.#transport.rtcp.sendTransportFeedback(nowMs, this.#recorder, this.#mediaSsrc);
    else this.#transport.rtcp.sendCongestionFeedback(nowMs, streams);
    this.#transport.context.timers.schedule((streams ?? this.#recorder).dueAt(), this);
  }

  fail(error: unknown): void {
    this.#transport.reportDefect(error);
  }

  close(): void {
    this.#transport.context.timers.cancel(this);
  }

  #schedule(dueMs: number): void {
    if (this.heapIndex < 0 || dueMs < this.deadlineMs) this.#transport.context.timers.schedule(dueMs, this);
  }
}
