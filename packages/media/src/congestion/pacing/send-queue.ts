/**
 * Packets to be sent to one peer as soon as its path has room: retransmissions first, then video. Audio never waits, and padding is only
 * sent when nothing else waits. A waiting packet is a reference to the history of its source, and is written when it is sent.
 */
import { PacingBudget } from './pacing-budget.ts';
import { PacketRing } from './packet-ring.ts';

/** A picture that arrives later than this is useless in a conversation. */
const MAX_WAIT_MS = 250;
/**
 * At most this much counts as waiting time between two checks, because nothing can be sent while the process is held up, whatever the path
 * carries.
 */
const MAX_STEP_MS = 20;

/** A stream whose packets may wait. */
export interface QueuedStream {
  /** Writes a packet from its source's history and sends it. @returns false if it is no longer there */
  sendQueued(nowMs: number, sourceSequence: number, sequence: number, epoch: number): boolean;
  /** Sends a packet that has been sent before. @returns false if it is no longer in the history */
  resendQueued(nowMs: number, sourceSequence: number, sequence: number, epoch: number): boolean;
  /** Called when its waiting packets were dropped, so nothing can be decoded before the next keyframe. */
  queueDropped(nowMs: number): void;
}

/** Counts dropped packets. */
export interface QueueLosses {
  /** Counts packets that waited too long, or for which there was no room. */
  overdue(packets: number): void;
  /** Counts packets whose stream has ended, or continues with a keyframe. */
  superseded(packets: number): void;
  /** Counts packets whose bytes were released while they waited. */
  forgotten(packets: number): void;
}

export class SendQueue {
  readonly #budget = new PacingBudget();
  readonly #resends = new PacketRing<QueuedStream>();
  readonly #video = new PacketRing<QueuedStream>();
  readonly #losses: QueueLosses;
  /** Advances only while packets could be sent. */
  #servedMs = 0;
  #lookedAtMs = 0;

  constructor(losses: QueueLosses) {
    this.#losses = losses;
  }

  get isEmpty(): boolean {
    return this.#video.isEmpty && this.#resends.isEmpty;
  }

  setRates(nowMs: number, targetBps: number, burstBps: number): void {
    this.#budget.setRates(nowMs, targetBps, burstBps);
    this.#budget.hurry(nowMs, this.#video.bytes);
  }

  /**
   * Spends the budget for what already fills the queue in front of the path, and takes this long to drain. Packets wait for that too, but
   * it does not count as waiting too long; otherwise a keyframe of which half has left would be dropped.
   */
  noteFilledPath(nowMs: number, targetBps: number, drainMs: number): void {
    this.#budget.spend((targetBps * drainMs) / 8000);
    this.#lookedAtMs = nowMs + drainMs;
  }

  /** Whether a packet may be sent at once, because nothing waits and there is room. If so, it counts as sent. */
  passes(nowMs: number, sizeBytes: number): boolean {
    if (!this.#video.isEmpty || !this.#resends.isEmpty || !this.#budget.hasRoom(nowMs)) return false;
    this.#budget.spend(sizeBytes);
    return true;
  }

  /** Counts an audio packet, which never waits, so that less room is left for the rest. */
  spend(sizeBytes: number): void {
    this.#budget.spend(sizeBytes);
  }

  addVideo(nowMs: number, stream: QueuedStream, sourceSequence: number, sequence: number, epoch: number, sizeBytes: number): void {
    if (this.#video.push(this.#serve(nowMs), stream, sourceSequence, sequence, epoch, sizeBytes)) {
      this.#budget.hurry(nowMs, this.#video.bytes);
      return;
    }
    this.#losses.overdue(1);
    this.#dropVideo(nowMs, stream);
  }

  addResend(nowMs: number, stream: QueuedStream, sourceSequence: number, sequence: number, epoch: number, sizeBytes: number): void {
    if (!this.#resends.push(this.#serve(nowMs), stream, sourceSequence, sequence, epoch, sizeBytes)) this.#losses.overdue(1);
  }

  /** Sends what there is room for, then drops what has waited too long: retransmissions one by one, video a whole stream at a time. */
  release(nowMs: number): void {
    this.#releaseResends(nowMs);
    while (!this.#video.isEmpty && (this.#video.stream === undefined || this.#budget.hasRoom(nowMs))) this.#sendVideo(nowMs);
    this.#dropOverdue(nowMs, this.#serve(nowMs));
  }

  /** Sends everything that waits, because there is no longer a limit. */
  releaseAll(nowMs: number): void {
    while (!this.#resends.isEmpty) this.#resend(nowMs);
    while (!this.#video.isEmpty) this.#sendVideo(nowMs);
  }

  /** Drops the waiting packets of a stream that ends, or continues with a keyframe. */
  remove(stream: QueuedStream): void {
    const packets = this.#video.drop(stream) + this.#resends.drop(stream);
    if (packets > 0) this.#losses.superseded(packets);
  }

  #releaseResends(nowMs: number): void {
    while (!this.#resends.isEmpty) {
      const isDropped = this.#resends.stream === undefined;
      if (!isDropped && !this.#budget.hasRoom(nowMs)) return;
      this.#resend(nowMs);
    }
  }

  #resend(nowMs: number): void {
    const { stream, sourceSequence, sequence, epoch, sizeBytes } = this.#resends;
    this.#resends.shift();
    if (stream === undefined) return;
    this.#budget.spend(sizeBytes);
    if (!stream.resendQueued(nowMs, sourceSequence, sequence, epoch)) this.#losses.forgotten(1);
  }

  #sendVideo(nowMs: number): void {
    const { stream, sourceSequence, sequence, epoch, sizeBytes } = this.#video;
    this.#video.shift();
    if (stream === undefined) return;
    if (stream.sendQueued(nowMs, sourceSequence, sequence, epoch)) {
      this.#budget.spend(sizeBytes);
      return;
    }
    this.#losses.forgotten(1 + this.#video.drop(stream));
    stream.queueDropped(nowMs);
  }

  #serve(nowMs: number): number {
    if (nowMs > this.#lookedAtMs) {
      this.#servedMs += Math.min(nowMs - this.#lookedAtMs, MAX_STEP_MS);
      this.#lookedAtMs = nowMs;
    }
    return this.#servedMs;
  }

  #dropOverdue(nowMs: number, servedMs: number): void {
    while (!this.#resends.isEmpty && servedMs - this.#resends.queuedAtMs > MAX_WAIT_MS) {
      if (this.#resends.stream !== undefined) this.#losses.overdue(1);
      this.#resends.shift();
    }
    while (!this.#video.isEmpty && servedMs - this.#video.queuedAtMs > MAX_WAIT_MS) {
      const largest = this.#video.stream === undefined ? undefined : this.#video.largest();
      if (largest === undefined) this.#video.shift();
      else {
        // The other streams may have room now.
        this.#dropVideo(nowMs, largest);
        return;
      }
    }
  }

  #dropVideo(nowMs: number, stream: QueuedStream): void {
    this.#losses.overdue(this.#video.drop(stream));
    stream.queueDropped(nowMs);
  }
}
