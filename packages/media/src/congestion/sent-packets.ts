/**
 * Gives packets their transport-wide sequence numbers as they leave, and records when each was sent to a peer, and its size, until feedback
 * has decided whether it arrived.
 *
 * @see draft-holmer-rmcat-transport-wide-cc-extensions-01
 */
import { writeUint16 } from '@causeway/wire';
import type { PacketStamper } from '../outbox.ts';
import type { EngineTime } from '../timers.ts';

/** Bytes that a plaintext packet needs on the wire beyond its length: SRTP's tag, UDP and IPv4. */
export const WIRE_OVERHEAD_BYTES = 10 + 28;
/** A fifth of a second of video at 150 packets a second; it grows with what is in flight. */
const MIN_CAPACITY = 32;
/** The 16-bit numbers can distinguish at most twice as many. */
const MAX_CAPACITY = 32_768;
/** A ring that is full of younger packets grows, since they are still in flight. */
const WORTH_KEEPING_MS = 1000;
/** So many packets are kept whatever their age, since they may wait for seconds in the queue of a path that carries little. */
const WORTH_KEEPING_PACKETS = 128;
const SEQUENCE_NUMBERS = 65_536;

/** A number is skipped once in this many packets, chosen at random between the two. */
const MIN_SKIP_INTERVAL = 200;
const MAX_SKIP_INTERVAL = 1000;

/**
 * A record has two adjacent numbers, so that a packet touches only one cache line: the time when it was sent, and an integer with its size,
 * probe, state, and whether it left as ECN-capable.
 */
const RECORD = 2;
const DETAILS = 1;
const SIZE_MASK = 0xffff;
const PROBE_SHIFT = 16;
const PROBE_MASK = 0xff;
const STATE_SHIFT = 24;
const STATE_MASK = 7;
const WITHOUT_STATE = ~(STATE_MASK << STATE_SHIFT);
const ECN_CAPABLE_BIT = 1 << 27;

// 0 marks a record that was never used.
const IN_FLIGHT = 1;
/** One report said that the packet had not arrived; the next one decides. */
const MISSING = 2;
const JUDGED = 3;
/** The number was never sent, in order to detect a peer that acknowledges packets that it has not received. */
const SKIPPED = 4;

/** The result of an acknowledgement. */
export type Acknowledgement = 'first' | 'known' | 'never-sent';

/** The timer that looks after what was sent. */
export interface SendWatch {
  /** -1 while the timer is not set. */
  readonly heapIndex: number;
  /** Called for a packet that is sent while the timer is not set. */
  watch(nowMs: number): void;
}

const NOT_WATCHED: SendWatch = { heapIndex: 0, watch: () => undefined };
const NO_RECORDS = new Float64Array();

export class SentPackets implements PacketStamper {
  /** 0 until the first packet, because most peers only publish. */
  #capacity = 0;
  #records = NO_RECORDS;
  #next = 0;
  #untilSkip = 0;
  /** When the first packet left on the present path; NaN if none has, or the owner has not yet seen one since the path changed. */
  firstAtMs = Number.NaN;
  /** Total of everything that was sent. */
  bytesSent = 0;
  /** Bytes of packets that are sent and not yet judged. */
  bytesInFlight = 0;
  /** Every packet below this number has been judged, or never will be. */
  #open = 0;
  /** Where the newest report ended. */
  #coveredTo = 0;
  readonly #random: () => number;
  readonly #watch: SendWatch;

  /** @param watch is told about packets that leave while its timer is not set */
  constructor(random: () => number, watch: SendWatch = NOT_WATCHED) {
    this.#random = random;
    this.#watch = watch;
  }

  /** Whether a packet has been numbered. */
  get hasBegun(): boolean {
    return this.#capacity > 0;
  }

  /** Number of packets in the ring. */
  get capacity(): number {
    return this.#capacity;
  }

  /** The number that was assigned last. It identifies the packet as long as it is in the ring. */
  get newest(): number {
    return this.#next - 1;
  }

  /** Reads a field that `take` needs, to warm the cache. */
  prefetch(): number {
    // The result is an integer, because V8 would allocate an object for a fraction.
    return this.#capacity === 0 ? 0 : this.#records[this.#recordOf(this.#next)] | 0;
  }

  stamp(time: Readonly<EngineTime>, bytes: Uint8Array, offset: number, plainLength: number, probe: number): void {
    writeUint16(bytes, offset, this.send(time, plainLength, probe));
  }

  /** Numbers a packet of this length in plain text, which is sent now. @returns its number, as `take` does */
  send(time: Readonly<EngineTime>, plainLength: number, probe: number, isEcnCapable = false): number {
    const number = this.take(time.nowMs, plainLength + WIRE_OVERHEAD_BYTES, probe, isEcnCapable);
    if (this.#watch.heapIndex < 0) this.#watch.watch(time.nowMs);
    return number;
  }

  /**
   * Assigns the number of a packet that is sent now.
   *
   * @param probe the probe that the packet is part of, 0 for none
   * @param isEcnCapable whether routers may mark it
   * @returns the transport-wide sequence number, of which the packet contains 16 bits
   */
  take(nowMs: number, sizeBytes: number, probe: number, isEcnCapable = false): number {
    if (this.#capacity === 0) this.#begin(nowMs);
    if (this.#untilSkip-- === 0) this.#skip(nowMs);
    const record = this.#advance(nowMs);
    this.#records[record] = nowMs;
    this.#records[record + DETAILS] =
      sizeBytes | (probe << PROBE_SHIFT) | (IN_FLIGHT << STATE_SHIFT) | (isEcnCapable ? ECN_CAPABLE_BIT : 0);
    this.bytesSent += sizeBytes;
    this.bytesInFlight += sizeBytes;
    return this.#next - 1;
  }

  /** Unwraps a number: the one closest to the newest that has these 16 bits. It need not have been sent. */
  unwrap(sequence: number): number {
    const distance = ((sequence - this.#next) << 16) >> 16;
    return this.#next + distance;
  }

  /** Records that the peer has acknowledged a packet. */
  acknowledge(sequence: number): Acknowledgement {
    if (sequence >= this.#next) return 'never-sent';
    if (sequence < this.#next - this.#capacity) return 'known';
    const record = this.#recordOf(sequence);
    const state = this.#stateAt(record);
    if (state === SKIPPED) return 'never-sent';
    if (state !== IN_FLIGHT && state !== MISSING) return 'known';
    this.#close(record);
    return 'first';
  }

  sentAtMs(sequence: number): number {
    return this.#records[this.#recordOf(sequence)];
  }

  sizeBytes(sequence: number): number {
    return this.#records[this.#recordOf(sequence) + DETAILS] & SIZE_MASK;
  }

  probe(sequence: number): number {
    return (this.#records[this.#recordOf(sequence) + DETAILS] >> PROBE_SHIFT) & PROBE_MASK;
  }

  /** Whether the packet left as ECN-capable. */
  isEcnCapable(sequence: number): boolean {
    return (this.#records[this.#recordOf(sequence) + DETAILS] & ECN_CAPABLE_BIT) !== 0;
  }

  /**
   * Judges the packets that a report does not list as received. Call it after its acknowledgements. A packet counts as lost when a second
   * report says that it has not arrived, because it may have been overtaken. A packet that no report covers, because the report was lost,
   * is not counted.
   *
   * @param base the first number that the report covers
   * @param end the number after the last one that it covers
   * @returns how many packets were found to be lost
   */
  judge(base: number, end: number): number {
    // A report that was overtaken by a newer one has no new information about missing packets.
    if (end <= this.#coveredTo) return 0;
    this.#coveredTo = Math.min(end, this.#next);
    let lost = 0;
    for (let sequence = this.#firstOpen(); sequence < this.#coveredTo; sequence++) {
      const record = this.#recordOf(sequence);
      const state = this.#stateAt(record);
      if (state === MISSING) {
        lost++;
        this.#close(record);
      } else if (state === IN_FLIGHT && sequence < base) this.#close(record);
      else if (state === IN_FLIGHT) this.#setState(record, MISSING);
    }
    this.#open = this.#firstOpen();
    return lost;
  }

  /** Stops waiting for reports on what was sent until now. It counts neither as received nor as lost. */
  forgetUnanswered(): void {
    for (let sequence = this.#firstOpen(); sequence < this.#next; sequence++) {
      const record = this.#recordOf(sequence);
      if (isOpen(this.#stateAt(record))) this.#close(record);
    }
    this.#open = this.#next;
    this.#coveredTo = this.#next;
  }

  #begin(nowMs: number): void {
    this.#capacity = MIN_CAPACITY;
    this.#records = new Float64Array(RECORD * MIN_CAPACITY);
    this.#next = Math.floor(this.#random() * SEQUENCE_NUMBERS);
    this.#open = this.#next;
    this.#coveredTo = this.#next;
    this.#untilSkip = this.#skipInterval();
    this.firstAtMs = nowMs;
  }

  #recordOf(sequence: number): number {
    return RECORD * (sequence & (this.#capacity - 1));
  }

  #stateAt(record: number): number {
    return (this.#records[record + DETAILS] >> STATE_SHIFT) & STATE_MASK;
  }

  #setState(record: number, state: number): void {
    this.#records[record + DETAILS] = (this.#records[record + DETAILS] & WITHOUT_STATE) | (state << STATE_SHIFT);
  }

  #close(record: number): void {
    this.#setState(record, JUDGED);
    this.bytesInFlight -= this.#records[record + DETAILS] & SIZE_MASK;
  }

  #firstOpen(): number {
    let open = Math.max(this.#open, this.#next - this.#capacity);
    while (open < this.#coveredTo && !isOpen(this.#stateAt(this.#recordOf(open)))) open++;
    return open;
  }

  #skip(nowMs: number): void {
    this.#setState(this.#advance(nowMs), SKIPPED);
    this.#untilSkip = this.#skipInterval();
  }

  #skipInterval(): number {
    return MIN_SKIP_INTERVAL + Math.floor(this.#random() * (MAX_SKIP_INTERVAL - MIN_SKIP_INTERVAL));
  }

  /** Makes room for the next number. @returns the index of its record */
  #advance(nowMs: number): number {
    let record = this.#recordOf(this.#next);
    if (isOpen(this.#stateAt(record))) {
      const isYoung = nowMs - this.#records[record] < WORTH_KEEPING_MS;
      if (this.#capacity < WORTH_KEEPING_PACKETS || (isYoung && this.#capacity < MAX_CAPACITY)) {
        this.#grow();
        record = this.#recordOf(this.#next);
      } else this.bytesInFlight -= this.#records[record + DETAILS] & SIZE_MASK;
    }
    this.#next++;
    return record;
  }

  #grow(): void {
    const before = this.#records;
    const length = this.#capacity;
    this.#capacity = length * 2;
    this.#records = new Float64Array(RECORD * this.#capacity);
    for (let sequence = this.#next - length; sequence < this.#next; sequence++) {
      const from = RECORD * (sequence & (length - 1));
      const to = this.#recordOf(sequence);
      this.#records[to] = before[from];
      this.#records[to + DETAILS] = before[from + DETAILS];
    }
  }
}

function isOpen(state: number): boolean {
  return state === IN_FLIGHT || state === MISSING;
}
