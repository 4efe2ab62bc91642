/** Sends the probes that an estimator orders, one after the other, on the first stream that can carry them. */
import type { TrafficCounters } from '../../traffic-counters.ts';
import type { BandwidthEstimator } from '../bandwidth-estimator.ts';
import { ProbeRun } from './probe-run.ts';

/** Padding is small: this many packets fill a burst of a probe at 20 Mbit/s. */
const MAX_PACKETS_PER_BURST = 64;

/** A stream that probes can travel on. */
export interface ProbedStream {
  /** It has a stream for packets that are sent again, which probes travel on. */
  readonly carriesProbes: boolean;
  /** Sends a packet of a bandwidth probe. @returns its size; undefined if this stream has nothing to send one on */
  sendProbe(nowMs: number, probe: number, sizeBytes: number): number | undefined;
}

export class ProbeSender {
  readonly #streams: readonly ProbedStream[];
  readonly #traffic: TrafficCounters;
  readonly #overheadBytes: number;
  #run: ProbeRun | undefined = undefined;

  /**
   * @param streams of the peer, which come and go
   * @param overheadBytes what a packet takes up on the wire beyond its length
   */
  constructor(streams: readonly ProbedStream[], traffic: TrafficCounters, overheadBytes: number) {
    this.#streams = streams;
    this.#traffic = traffic;
    this.#overheadBytes = overheadBytes;
  }

  get isUnderWay(): boolean {
    return this.#run !== undefined;
  }

  /** Begins the next probe if one is due. @param bytesSent to the peer in all so far */
  begin(nowMs: number, estimator: BandwidthEstimator, bytesSent: number): void {
    const order = estimator.takeProbe(nowMs);
    if (order !== undefined) this.#run = new ProbeRun(nowMs, order, bytesSent);
  }

  /** Gives the probe under way up. */
  stop(): void {
    this.#run = undefined;
  }

  /** Sends what is due of the probe under way. @param bytesSent to the peer in all so far */
  sendDue(nowMs: number, bytesSent: number): void {
    const run = this.#run;
    if (run === undefined) return;
    // What is written now counts as sent only when it leaves.
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
