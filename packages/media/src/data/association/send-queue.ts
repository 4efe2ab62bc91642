/**
 * Messages that wait to be put into chunks. Each stream has a queue, and the streams take turns weighted by bytes (deficit round robin), so
 * that a large message on one channel delays the others as little as the protocol allows. Urgent messages take precedence.
 */
import type { OutgoingMessage } from './outgoing-message.ts';

/** How much a stream of normal priority may send in one turn. */
const QUANTUM_BYTES = 1_200;
/** Normal priority (RFC 8831 §6.4). */
const NORMAL_PRIORITY = 256;
const MIN_WEIGHT = 1 / 8;
const MAX_WEIGHT = 8;
/**
 * Limits the size of all messages that are partly sent. The receiver has to store the parts of each and closes its window when they fill
 * it. This is less than half of its capacity.
 */
const MAX_BEGUN_BYTES = 2 << 20;
/** Consumed entries are removed from the front of a queue in batches, because each removal moves all the others. */
const COMPACT_AFTER = 64;

interface StreamQueue {
  readonly streamId: number;
  readonly messages: OutgoingMessage[];
  /** Where the queue starts in `messages`. */
  head: number;
  weight: number;
  creditBytes: number;
  isActive: boolean;
  /** Size of the next message if it was started or may be; otherwise 0. */
  admittedBytes: number;
  nextOrderedNumber: number;
  nextUnorderedNumber: number;
}

export class SendQueue {
  /** Whether fragments of different messages may be interleaved (RFC 8260). */
  readonly #isInterleaved: boolean;
  readonly #streams = new Map<number, StreamQueue>();
  /** Streams whose ordinary messages take turns. The first has its turn now. */
  readonly #active: StreamQueue[] = [];
  /** Streams whose next message must not be started until others are sent completely. */
  readonly #waiting: StreamQueue[] = [];
  #admittedBytes = 0;
  /** Streams whose next message is urgent. */
  readonly #urgent: StreamQueue[] = [];

  constructor(isInterleaved: boolean) {
    this.#isInterleaved = isInterleaved;
  }

  get isEmpty(): boolean {
    return this.#active.length === 0 && this.#urgent.length === 0;
  }

  /** Whether an urgent message waits. */
  get hasUrgent(): boolean {
    return this.#urgent.length > 0;
  }

  hasMessages(streamId: number): boolean {
    return this.#streams.get(streamId)?.isActive === true;
  }

  push(message: OutgoingMessage): void {
    const stream = this.#streamOf(message.streamId);
    stream.messages.push(message);
    if (stream.isActive) return;
    stream.isActive = true;
    stream.creditBytes = QUANTUM_BYTES * stream.weight;
    this.#enqueue(stream);
  }

  /** The message whose next fragment is to be sent; undefined if nothing waits. */
  peek(): OutgoingMessage | undefined {
    for (;;) {
      const stream = this.#active[0];
      const isBegun = stream !== undefined && !this.#isInterleaved && stream.messages[stream.head].sentBytes > 0;
      if (this.#urgent.length > 0 && !isBegun) return this.#urgent[0].messages[this.#urgent[0].head];
      if (stream === undefined) return undefined;
      const message = stream.messages[stream.head];
      if (isBegun || stream.creditBytes > 0 || this.#active.length === 1) return message;
      stream.creditBytes += QUANTUM_BYTES * stream.weight;
      this.#active.push(stream);
      this.#active.shift();
    }
  }

  /** The oldest message of a stream of which nothing was sent; undefined if there is none. */
  firstUnsent(streamId: number): OutgoingMessage | undefined {
    const stream = this.#streams.get(streamId);
    if (stream?.isActive !== true) return undefined;
    const first = stream.messages[stream.head];
    return first.fragments === 0 ? first : stream.messages[stream.head + 1];
  }

  /** Assigns the message its number within the stream. Call it before the first fragment. */
  number(message: OutgoingMessage): void {
    const stream = this.#streamOf(message.streamId);
    // SSNs have 16 bits, and unordered DATA has none. I-DATA numbers both kinds separately, with 32 bits (RFC 8260 §2.1).
    if (this.#isInterleaved) {
      message.messageNumber = message.isUnordered ? stream.nextUnorderedNumber++ : stream.nextOrderedNumber++;
      stream.nextUnorderedNumber >>>= 0;
      stream.nextOrderedNumber >>>= 0;
    } else if (!message.isUnordered) {
      message.messageNumber = stream.nextOrderedNumber;
      stream.nextOrderedNumber = (stream.nextOrderedNumber + 1) & 0xffff;
    }
  }

  /** Takes bytes of the message that `peek` returned off the queue, and removes the message with its last bytes. */
  consume(message: OutgoingMessage, sizeBytes: number): void {
    message.sentBytes += sizeBytes;
    const stream = this.#streamOf(message.streamId);
    stream.creditBytes -= sizeBytes;
    if (message.sentBytes === message.data.length) this.#removeFirst(stream);
  }

  /** Removes a message that was given up, if it is still in the queue. */
  drop(message: OutgoingMessage): void {
    const stream = this.#streams.get(message.streamId);
    if (stream?.isActive !== true) return;
    if (stream.messages[stream.head] === message) {
      this.#removeFirst(stream);
      return;
    }
    const index = stream.messages.indexOf(message, stream.head);
    if (index >= 0) stream.messages.splice(index, 1);
  }

  /** Sets the share of the bytes that a stream gets, by its DCEP priority. */
  setPriority(streamId: number, priority: number): void {
    this.#streamOf(streamId).weight = Math.min(MAX_WEIGHT, Math.max(MIN_WEIGHT, priority / NORMAL_PRIORITY));
  }

  /** Restarts the numbers of a stream, because the peer has confirmed its reset. */
  resetStream(streamId: number): void {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return;
    stream.nextOrderedNumber = 0;
    stream.nextUnorderedNumber = 0;
    if (!stream.isActive) this.#streams.delete(streamId);
  }

  #streamOf(streamId: number): StreamQueue {
    let stream = this.#streams.get(streamId);
    if (stream === undefined) {
      stream = {
        streamId,
        messages: [],
        head: 0,
        weight: 1,
        creditBytes: 0,
        isActive: false,
        admittedBytes: 0,
        nextOrderedNumber: 0,
        nextUnorderedNumber: 0,
      };
      this.#streams.set(streamId, stream);
    }
    return stream;
  }

  /** Puts a stream into the queue that its next message requires. */
  #enqueue(stream: StreamQueue): void {
    const message = stream.messages[stream.head];
    if (message.isUrgent) {
      this.#urgent.push(stream);
      return;
    }
    this.#waiting.push(stream);
    this.#admit();
  }

  /** Lets streams that wait take part, oldest first, as soon as there is room for their messages. */
  #admit(): void {
    while (this.#waiting.length > 0) {
      const { messages, head } = this.#waiting[0];
      const sizeBytes = messages[head].data.length;
      if (this.#active.length > 0 && this.#admittedBytes + sizeBytes > MAX_BEGUN_BYTES) return;
      const stream = this.#waiting.shift() as StreamQueue;
      stream.admittedBytes = sizeBytes;
      this.#admittedBytes += sizeBytes;
      this.#active.push(stream);
    }
  }

  /** Removes a stream from its queue. @returns whether it took turns with ordinary messages */
  #dequeue(stream: StreamQueue): boolean {
    this.#admittedBytes -= stream.admittedBytes;
    stream.admittedBytes = 0;
    for (const line of [this.#active, this.#urgent, this.#waiting]) {
      const at = line.indexOf(stream);
      if (at >= 0) line.splice(at, 1);
      if (at >= 0) return line === this.#active;
    }
    return false;
  }

  #removeFirst(stream: StreamQueue): void {
    stream.head++;
    const next = stream.messages.at(stream.head);
    if (next === undefined || !this.#keepsItsTurn(stream, next)) this.#giveNewPlace(stream, next);
    if (stream.head < COMPACT_AFTER || stream.head * 2 < stream.messages.length) return;
    stream.messages.splice(0, stream.head);
    stream.head = 0;
  }

  #giveNewPlace(stream: StreamQueue, next: OutgoingMessage | undefined): void {
    const hadTurns = this.#dequeue(stream);
    if (next === undefined) {
      stream.messages.length = 0;
      stream.head = 0;
      stream.isActive = false;
    } else this.#enqueue(stream);
    if (hadTurns) this.#admit();
  }

  /** Whether the stream may continue with its next message, because no other stream waits for its place. */
  #keepsItsTurn(stream: StreamQueue, next: OutgoingMessage): boolean {
    if (next.isUrgent) return this.#urgent[0] === stream;
    const admittedBytes = this.#admittedBytes - stream.admittedBytes + next.data.length;
    if (stream.admittedBytes === 0 || this.#waiting.length > 0 || admittedBytes > MAX_BEGUN_BYTES) return false;
    this.#admittedBytes = admittedBytes;
    stream.admittedBytes = next.data.length;
    return true;
  }
}
