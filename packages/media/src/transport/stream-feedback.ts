/**
 * Numbers the packets to a peer that reports per stream, and reads its reports. The packets do not carry these numbers, which only connect
 * an entry of a report with the record of the packet.
 *
 * @see RFC 8888; docs/adr/0016-bandwidth-estimation.md
 */
import { CONGESTION_FEEDBACK_PERIOD_MS, type CongestionFeedbackReader, readUint16, readUint32 } from '@causeway/wire';
import { type Acknowledgements, ArrivalClock } from '../congestion/acknowledgements.ts';
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

  constructor(sent: SentPackets) {
    this.#sent = sent;
  }

  stamp(time: Readonly<EngineTime>, bytes: Uint8Array, offset: number, plainLength: number, probe: number): void {
    const number = this.#sent.send(time, plainLength, probe);
    this.#numbers.note(readUint32(bytes, offset), readUint16(bytes, offset + SEQUENCE_FROM_SSRC), number);
  }

  /** Forgets streams that have ended. */
  forget(ssrcs: readonly number[]): void {
    for (const ssrc of ssrcs) this.#numbers.forget(ssrc);
  }

  /** @returns false if nothing that the report is about was sent recently */
  read(report: CongestionFeedbackReader, acknowledgements: Acknowledgements): boolean {
    return acknowledgements.takeByStream(report, this.#clock, this.#sent, this.#numbers);
  }
}
