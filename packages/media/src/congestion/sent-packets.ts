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

// 0 is a slot that nothing was sent from.
const IN_FLIGHT = 1;
/** One report said that it had not come; the next decides. */
const MISSING = 2;
const JUDGED = 3;
/** Never sent, to find out who acknowledges what he has not got. */
const SKIPPED = 4;

/** What it means that a number is reported as received. */
export type Acknowledgement = 'first' | 'known' | 'never-sent';

export class SentPackets {
  readonly #random: () => number;
  #capacity = MIN_CAPACITY;
  #sentAtMs = new Float64Array(MIN_CAPACITY);
  #sizeBytes = new Uint16Array(MIN_CAPACITY);
  #state = new Uint8Array(MIN_CAPACITY);
  #probe = new Uint8Array(MIN_CAPACITY);
  #next: number;
  /** Everything below has been judged, or never will be. */
  #open: number;
  /** Where the newest report ended. */
  #coveredTo: number;
  #untilSkip: number;
  /** Bytes of everything that was ever sent. */
  bytesSent = 0;
  /** Sent and not judged yet. */
  bytesInFlight = 0;

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

  /**
   * Takes the number for a packet that leaves now.
   *
   * @param probe which probe it is part of, 0 for none
   * @returns the transport-wide sequence number, of which 16 bits go into the packet
   */
  take(nowMs: number, sizeBytes: number, probe: number): number {
    if (this.#untilSkip-- === 0) this.#skip(nowMs);
    const slot = this.#advance(nowMs);
    this.#sentAtMs[slot] = nowMs;
    this.#sizeBytes[slot] = sizeBytes;
    this.#state[slot] = IN_FLIGHT;
    this.#probe[slot] = probe;
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
    const slot = sequence & (this.#capacity - 1);
    const state = this.#state[slot];
    if (state === SKIPPED) return 'never-sent';
    if (state !== IN_FLIGHT && state !== MISSING) return 'known';
    this.#state[slot] = JUDGED;
    this.bytesInFlight -= this.#sizeBytes[slot];
    return 'first';
  }

  sentAtMs(sequence: number): number {
    return this.#sentAtMs[sequence & (this.#capacity - 1)];
  }

  sizeBytes(sequence: number): number {
    return this.#sizeBytes[sequence & (this.#capacity - 1)];
  }

  probe(sequence: number): number {
    return this.#probe[sequence & (this.#capacity - 1)];
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
      const slot = sequence & (this.#capacity - 1);
      const state = this.#state[slot];
      if (state === MISSING) {
        lost++;
        this.#close(slot);
      } else if (state === IN_FLIGHT && sequence < base) this.#close(slot);
      else if (state === IN_FLIGHT) this.#state[slot] = MISSING;
    }
    this.#open = this.#firstOpen();
    return lost;
  }

  #close(slot: number): void {
    this.#state[slot] = JUDGED;
    this.bytesInFlight -= this.#sizeBytes[slot];
  }

  #firstOpen(): number {
    let open = Math.max(this.#open, this.#next - this.#capacity);
    while (open < this.#coveredTo && !isOpen(this.#state[open & (this.#capacity - 1)])) open++;
    return open;
  }

  #skip(nowMs: number): void {
    this.#state[this.#advance(nowMs)] = SKIPPED;
    this.#untilSkip = this.#skipInterval();
  }

  #skipInterval(): number {
    return MIN_SKIP_INTERVAL + Math.floor(this.#random() * (MAX_SKIP_INTERVAL - MIN_SKIP_INTERVAL));
  }

  /** Makes room for the next number. @returns its slot */
  #advance(nowMs: number): number {
    let slot = this.#next & (this.#capacity - 1);
    if (isOpen(this.#state[slot])) {
      if (this.#capacity < MAX_CAPACITY && nowMs - this.#sentAtMs[slot] < WORTH_KEEPING_MS) {
        this.#grow();
        slot = this.#next & (this.#capacity - 1);
      } else this.bytesInFlight -= this.#sizeBytes[slot];
    }
    this.#next++;
    return slot;
  }

  #grow(): void {
    const { length } = this.#state;
    const before = [this.#sentAtMs, this.#sizeBytes, this.#state, this.#probe] as const;
    this.#capacity = length * 2;
    this.#sentAtMs = new Float64Array(this.#capacity);
    this.#sizeBytes = new Uint16Array(this.#capacity);
    this.#state = new Uint8Array(this.#capacity);
    this.#probe = new Uint8Array(this.#capacity);
    const after = [this.#sentAtMs, this.#sizeBytes, this.#state, this.#probe] as const;
    for (let sequence = this.#next - length; sequence < this.#next; sequence++) {
      const from = sequence & (length - 1);
      const to = sequence & (this.#capacity - 1);
      for (let column = 0; column < before.length; column++) after[column][to] = before[column][from];
    }
  }
}

function isOpen(state: number): boolean {
  return state === IN_FLIGHT || state === MISSING;
}
