/**
 * Congestion control of one peer, both ways: what we report of its packets (transport-wide feedback), and what its feedback
 * says of ours.
 *
 * @see draft-holmer-rmcat-transport-wide-cc-extensions-01
 */
import { type RtpView, readTransportSequence, TRANSPORT_WIDE_CC_URI, type TransportFeedback } from '@causeway/wire';
import type { Estimator } from '../congestion/index.ts';
import type { ExtensionPlan } from '../plan.ts';
import { TwccRecorder } from '../publisher/twcc-recorder.ts';
import type { Timer } from '../timers.ts';
import type { PeerTransport } from './peer-transport.ts';

export class TransportCongestion implements Timer {
  readonly #transport: PeerTransport;
  readonly #recorder = new TwccRecorder();
  readonly #estimator: Estimator;
  #extensionId = 0;
  #mediaSsrc = 0;
  deadlineMs = Number.POSITIVE_INFINITY;
  heapIndex = -1;

  constructor(transport: PeerTransport) {
    this.#transport = transport;
    this.#estimator = transport.context.createEstimator();
  }

  /** Learns the id of the transport-wide sequence number; one id serves the whole bundle. */
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

  handleFeedback(nowMs: number, feedback: TransportFeedback): void {
    this.#estimator.onFeedback(nowMs, feedback);
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
