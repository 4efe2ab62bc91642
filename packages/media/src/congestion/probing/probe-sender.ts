/** Sends the probes that an estimator orders, one after another, on the first stream that can carry them. */
import type { TrafficCounters } from '../../statistics.ts';
import type { BandwidthEstimator } from '../bandwidth-estimator.ts';
import { ProbeRun } from './probe-run.ts';

/** Padding packets are small: this many fill a burst of a probe at 20 Mbit/s. */
const MAX_PACKETS_PER_BURST = 64;

/** A stream that can carry probes. */
export interface ProbedStream {
  /** Whether it has an RTX stream, which carries the probes. */
  readonly carriesProbes: boolean;
  /** Its own and that of its RTX stream. */
  readonly ssrcs: readonly number[];
  /** Sends a packet of a bandwidth probe. @returns its size in bytes; undefined if this stream cannot carry probes */
  sendProbe(nowMs: number, probe: number, sizeBytes: number): number | undefined;
}

export class ProbeSender {
  readonly #streams: readonly ProbedStream[];
  readonly #traffic: TrafficCounters;
  readonly #overheadBytes: number;
  #run: ProbeRun | undefined = undefined;

  /**
   * Creates the sender of one peer's probes.
   *
   * @param streams of the peer; the list changes over time
   * @param overheadBytes size of a packet on the wire beyond its length
   */
  constructor(streams: readonly ProbedStream[], traffic: TrafficCounters, overheadBytes: number) {
    this.#streams = streams;
    this.#traffic = traffic;
    this.#overheadBytes = overheadBytes;
  }

  get isUnderWay(): boolean {
    return this.#run !== undefined;
  }

  /** Starts the next probe if one is due. @param bytesSent total sent to the peer so far */
  begin(nowMs: number, estimator: BandwidthEstimator, bytesSent: number): void {
    const order = estimator.takeProbe(nowMs);
    if (order !== undefined) this.#run = new ProbeRun(nowMs, order, bytesSent);
  }

  /** Gives up the current probe. */
  stop(): void {
    this.#run = undefined;
  }

  /** Sends what is due of the current probe. @param bytesSent total sent to the peer so far */
  sendDue(nowMs: number, bytesSent: number): void {
    const run = this.#run;
    if (run === undefined) return;
    // Packets that are written now are counted as sent only when they leave.
    let sentBytes = bytesSent;
    for (let packets = 0; packets < MAX_PACKETS_PER_BURST; packets++) {
      if (run.isOver(nowMs, sentBytes) || !run.isDue(nowMs, sentBytes)) break;
      const sizeBytes = this.#sendPacket(nowMs, run);
      if (sizeBytes === undefined) {
        this.stop();
        return;
      }
      sentBytes += sizeBytes;
    }
    if (run.isOver(nowMs, sentBytes)) this.stop();
  }

  #sendPacket(nowMs: number, { order }: ProbeRun): number | undefined {
    for (const stream of this.#streams) {
      const length = stream.sendProbe(nowMs, order.probe, order.sizeBytes - this.#overheadBytes);
      if (length === undefined) continue;
      this.#traffic.probePacketsSent++;
      this.#traffic.probeBytesSent += length;
      return length + this.#overheadBytes;
    }
    return undefined;
  }
}
