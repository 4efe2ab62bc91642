/**
 * Sends transport-wide feedback about a peer's packets, for the peer's congestion control.
 *
 * @see draft-holmer-rmcat-transport-wide-cc-extensions-01
 */
import { type RtpView, readTransportSequence, TRANSPORT_WIDE_CC_URI } from '@causeway/wire';
import type { EngineContext } from '../engine-context.ts';
import type { ExtensionPlan } from '../plan.ts';
import { TwccRecorder } from '../publisher/twcc-recorder.ts';
import type { Timer } from '../timers.ts';
import type { RtcpSender } from './rtcp-sender.ts';

/** The transport whose packets the feedback is about. */
export interface ReportingTransport {
  readonly context: Pick<EngineContext, 'timers'>;
  readonly rtcp: Pick<RtcpSender, 'sendTransportFeedback'>;
  reportDefect(error: unknown): void;
}

export class TransportCongestion implements Timer {
  readonly #transport: ReportingTransport;
  readonly #recorder = new TwccRecorder();
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

  recordArrival(nowMs: number, view: RtpView): void {
    if (this.#extensionId === 0 || !view.findExtension(this.#extensionId)) return;
    const sequence = readTransportSequence(view.bytes, view.extensionOffset, view.extensionLength);
    if (sequence === undefined) return;
    this.#mediaSsrc = view.ssrc;
    this.#recorder.record(nowMs, sequence);
    const dueMs = this.#recorder.dueAt();
    if (this.heapIndex < 0 || dueMs < this.deadlineMs) this.#transport.context.timers.schedule(dueMs, this);
  }

  fire(nowMs: number): void {
    this.#transport.rtcp.sendTransportFeedback(nowMs, this.#recorder, this.#mediaSsrc);
    const dueMs = this.#recorder.dueAt();
    this.#transport.context.timers.schedule(dueMs, this);
  }

  fail(error: unknown): void {
    this.#transport.reportDefect(error);
  }

  close(): void {
    this.#transport.context.timers.cancel(this);
  }
}
