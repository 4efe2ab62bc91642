/**
 * Numbers the packets to a peer that reports per stream, and reads its reports. The packets do not carry these numbers, which only connect
 * an entry of a report with the record of the packet.
 *
 * @see RFC 8888; docs/adr/0016-bandwidth-estimation.md
 */
import { CONGESTION_FEEDBACK_PERIOD_MS, type CongestionFeedbackReader, readUint16, readUint32 } from '@causeway/wire';
import { type Acknowledgements, ArrivalClock } from '../congestion/acknowledgements.ts';
import { EcnCheck } from '../congestion/ecn-check.ts';
import type { SentPackets } from '../congestion/sent-packets.ts';
import { StreamNumbers } from '../congestion/stream-numbers.ts';
import type { PacketStamper } from '../outbox.ts';
import type { EngineTime } from '../timers.ts';

/** Where the sequence number is, counted from the SSRC (RFC 3550 §5.1). */
const SEQUENCE_FROM_SSRC = -6;

export class StreamFeedback implements PacketStamper {
  readonly #sent: SentPackets;
  readonly #numbers = new StreamNumbers();
  readonly #clock = new ArrivalClock(CONGESTION_FEEDBACK_PERIOD_MS);
  #ecn = new EcnCheck();
  #isEcnCapable = false;

  constructor(sent: SentPackets) {
    this.#sent = sent;
  }

  /** Decides whether what is released from now on leaves as ECN-capable. It may change with each flush, but not within one. */
  decideEcn(): boolean {
    this.#isEcnCapable = this.#ecn.isWanted;
    return this.#isEcnCapable;
  }

  stamp(time: Readonly<EngineTime>, bytes: Uint8Array, offset: number, plainLength: number, probe: number): void {
    const number = this.#sent.send(time, plainLength, probe, this.#isEcnCapable);
    if (this.#isEcnCapable) this.#ecn.noteSent();
    this.#numbers.note(readUint32(bytes, offset), readUint16(bytes, offset + SEQUENCE_FROM_SSRC), number);
  }

  /** Forgets streams that have ended. */
  forget(ssrcs: readonly number[]): void {
    for (const ssrc of ssrcs) this.#numbers.forget(ssrc);
  }

  /** Forgets what was found out about the previous path. */
  pathChanged(): void {
    this.#ecn = new EcnCheck();
  }

  /** @returns false if nothing that the report is about was sent recently */
  read(nowMs: number, report: CongestionFeedbackReader, acknowledgements: Acknowledgements): boolean {
    if (!acknowledgements.takeByStream(report, this.#clock, this.#sent, this.#numbers)) return false;
    this.#ecn.take(nowMs, acknowledgements);
    return true;
  }
}
