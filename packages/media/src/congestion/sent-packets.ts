/**
 * What was sent to one peer under transport-wide sequence numbers, until its feedback has judged it: when each packet left, and its size.
 */
const MIN_CAPACITY = 128;
/** The 16 bits of a number tell apart no more than twice as many. */
const MAX_CAPACITY = 32_768;
/** A ring that is full of younger packets than this grows: they are still on their way. */
const WORTH_KEEPING_MS = 1000;
const SEQUENCE_NUMBERS = 65_536;

/** How often, in packets, a number is left out. */
const MIN_SKIP_INTERVAL = 200;
const MAX_SKIP_INTERVAL = 1000;

/**
 * A record is two numbers next to each other, so that a packet touches one line of a cache: when it left, and below, in whole numbers, its
 * size, its probe and its state.
 */
const RECORD = 2;
const DETAILS = 1;
const SIZE_MASK = 0xffff;
const PROBE_SHIFT = 16;
const PROBE_MASK = 0xff;
const STATE_SHIFT = 24;
const WITHOUT_STATE = 0xff_ffff;

// 0 is a record that nothing was sent from.
const IN_FLIGHT = 1;
/** One report said that it had not come; the next decides. */
const MISSING = 2;
const JUDGED = 3;
/** Never sent, to find out who acknowledges what he has not got. */
const SKIPPED = 4;

/** What it means that a number is reported as received. */
export type Acknowledgement = 'first' | 'known' | 'never-sent';

export class SentPackets {
  #capacity = MIN_CAPACITY;
  #records = new Float64Array(RECORD * MIN_CAPACITY);
  #next: number;
  #untilSkip: number;
  /** Bytes of everything that was ever sent. */
  bytesSent = 0;
  /** Sent and not judged yet. */
  bytesInFlight = 0;
  /** Everything below has been judged, or never will be. */
  #open: number;
  /** Where the newest report ended. */
  #coveredTo: number;
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
    this.#next = Math.floor(random() * SEQUENCE_NUMBERS);
    this.#open = this.#next;
    this.#coveredTo = this.#next;
    this.#untilSkip = this.#skipInterval();
  }

  /** How many packets are remembered. */
  get capacity(): number {
    return this.#capacity;
  }

  /** The number that was taken last; packets are told apart by it for as long as they are remembered. */
  get newest(): number {
    return this.#next - 1;
  }

  /** Reads of what `take` needs, for the caches' sake. */
  prefetch(): number {
    // A fraction would be an object of its own.
    return this.#records[this.#recordOf(this.#next)] | 0;
  }

  /**
   * Takes the number for a packet that leaves now.
   *
   * @param probe which probe it is part of, 0 for none
   * @returns the transport-wide sequence number, of which 16 bits go into the packet
   */
  take(nowMs: number, sizeBytes: number, probe: number): number {
    if (this.#untilSkip-- === 0) this.#skip(nowMs);
    const record = this.#advance(nowMs);
    this.#records[record] = nowMs;
    this.#records[record + DETAILS] = sizeBytes | (probe << PROBE_SHIFT) | (IN_FLIGHT << STATE_SHIFT);
    this.bytesSent += sizeBytes;
    this.bytesInFlight += sizeBytes;
    return this.#next - 1;
  }

  /** The number nearest to the newest that ends in these 16 bits; it need not have been sent. */
  unwrap(sequence: number): number {
    const distance = ((sequence - this.#next) << 16) >> 16;
    return this.#next + distance;
  }

  /** Notes that the peer says it has received a packet. */
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

  /**
   * Judges what a report does not list as received, after what it does has been acknowledged. A packet is lost when a second report says that
   * it has not come, for it may have been overtaken. One that no report covers, because that was lost itself, counts for nothing.
   *
   * @param base the first number that the report covers
   * @param end the one after the last
   * @returns how many packets are found to be lost
   */
  judge(base: number, end: number): number {
    // An older report that was overtaken by a newer one has nothing to say of what is missing.
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

  #recordOf(sequence: number): number {
    return RECORD * (sequence & (this.#capacity - 1));
  }

  #stateAt(record: number): number {
    return this.#records[record + DETAILS] >> STATE_SHIFT;
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

  /** Makes room for the next number. @returns its record */
  #advance(nowMs: number): number {
    let record = this.#recordOf(this.#next);
    if (isOpen(this.#stateAt(record))) {
      if (this.#capacity < MAX_CAPACITY && nowMs - this.#records[record] < WORTH_KEEPING_MS) {
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
