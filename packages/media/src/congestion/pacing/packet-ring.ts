/**
 * Packets of one priority that wait, first in, first out. Each entry only says where the bytes are: the stream, the sequence numbers in the
 * source and in the stream, and the epoch that relates the two.
 */

const INITIAL_CAPACITY = 32;
/** A quarter of a second at a higher rate than any peer receives. */
const MAX_CAPACITY = 4096;

export class PacketRing<Stream> {
  #streams = new Array<Stream | undefined>(INITIAL_CAPACITY).fill(undefined);
  #sourceSequence = new Float64Array(INITIAL_CAPACITY);
  #sequence = new Float64Array(INITIAL_CAPACITY);
  #epoch = new Uint16Array(INITIAL_CAPACITY);
  #sizeBytes = new Uint16Array(INITIAL_CAPACITY);
  #queuedAtMs = new Float64Array(INITIAL_CAPACITY);
  #first = 0;
  #end = 0;
  #bytes = 0;

  /** Stream of the packet that has waited longest; undefined if it was dropped, or the ring is empty. */
  get stream(): Stream | undefined {
    return this.#streams[this.#slot];
  }

  get sourceSequence(): number {
    return this.#sourceSequence[this.#slot];
  }

  get sequence(): number {
    return this.#sequence[this.#slot];
  }

  get epoch(): number {
    return this.#epoch[this.#slot];
  }

  get sizeBytes(): number {
    return this.#sizeBytes[this.#slot];
  }

  get queuedAtMs(): number {
    return this.#queuedAtMs[this.#slot];
  }

  get isEmpty(): boolean {
    return this.#first === this.#end;
  }

  /** Number of entries, including those of dropped packets. */
  get size(): number {
    return this.#end - this.#first;
  }

  /** Total size of the packets that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @returns false if there is no room */
  push(queuedAtMs: number, stream: Stream, sourceSequence: number, sequence: number, epoch: number, sizeBytes: number): boolean {
    if (this.size === this.#streams.length && !this.#grow()) return false;
    const slot = this.#end++ & (this.#streams.length - 1);
    this.#streams[slot] = stream;
    this.#sourceSequence[slot] = sourceSequence;
    this.#sequence[slot] = sequence;
    this.#epoch[slot] = epoch;
    this.#sizeBytes[slot] = sizeBytes;
    this.#queuedAtMs[slot] = queuedAtMs;
    this.#bytes += sizeBytes;
    return true;
  }

  /** Removes the packet that has waited longest. */
  shift(): void {
    if (this.stream !== undefined) this.#bytes -= this.sizeBytes;
    this.#streams[this.#slot] = undefined;
    this.#first++;
  }

  /** Drops the waiting packets of one stream. @returns how many there were */
  drop(stream: Stream): number {
    let dropped = 0;
    for (let place = this.#first; place < this.#end; place++) {
      const slot = place & (this.#streams.length - 1);
      if (this.#streams[slot] !== stream) continue;
      this.#streams[slot] = undefined;
      this.#bytes -= this.#sizeBytes[slot];
      dropped++;
    }
    while (!this.isEmpty && this.stream === undefined) this.#first++;
    return dropped;
  }

  /** The stream with the most bytes waiting; undefined if there is none. */
  largest(): Stream | undefined {
    const bytes = new Map<Stream, number>();
    for (let place = this.#first; place < this.#end; place++) {
      const slot = place & (this.#streams.length - 1);
      const stream = this.#streams[slot];
      if (stream !== undefined) bytes.set(stream, (bytes.get(stream) ?? 0) + this.#sizeBytes[slot]);
    }
    let largest: Stream | undefined;
    for (const [stream, size] of bytes) if (largest === undefined || size > (bytes.get(largest) ?? 0)) largest = stream;
    return largest;
  }

  get #slot(): number {
    return this.#first & (this.#streams.length - 1);
  }

  #grow(): boolean {
    const { length } = this.#streams;
    if (length === MAX_CAPACITY) return false;
    const before = { streams: this.#streams, source: this.#sourceSequence, own: this.#sequence };
    const { epoch, sizeBytes, queuedAtMs } = { epoch: this.#epoch, sizeBytes: this.#sizeBytes, queuedAtMs: this.#queuedAtMs };
    this.#streams = new Array<Stream | undefined>(2 * length).fill(undefined);
    this.#sourceSequence = new Float64Array(2 * length);
    this.#sequence = new Float64Array(2 * length);
    this.#epoch = new Uint16Array(2 * length);
    this.#sizeBytes = new Uint16Array(2 * length);
    this.#queuedAtMs = new Float64Array(2 * length);
    for (let place = this.#first; place < this.#end; place++) {
      const from = place & (length - 1);
      const to = place & (2 * length - 1);
      this.#streams[to] = before.streams[from];
      this.#sourceSequence[to] = before.source[from];
      this.#sequence[to] = before.own[from];
      this.#epoch[to] = epoch[from];
      this.#sizeBytes[to] = sizeBytes[from];
      this.#queuedAtMs[to] = queuedAtMs[from];
    }
    return true;
  }
}
