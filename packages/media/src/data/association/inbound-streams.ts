/**
 * Assembles messages from the fragments that arrive, and delivers messages of ordered streams in order.
 *
 * @see RFC 9260 §6.5, §6.9, RFC 8260 §2, RFC 3758 §3.6
 */
import { type SctpDataFields, type SctpForwardTsn, type Seq16, seq16Distance, tsnDistance } from '@causeway/wire';
import { type LooseFragment, LooseFragments, MessageFragments } from './message-fragments.ts';

export interface InboundListener {
  /** Takes a message. The listener may keep its bytes. */
  onMessage(streamId: number, protocolId: number, data: Uint8Array): void;
  /** The peer has sent a message that is longer than agreed. Nothing more of its stream is delivered until the peer resets it. */
  onOversizedMessage(streamId: number): void;
}

interface InboundStream {
  readonly streamId: number;
  /** Messages by number that are incomplete, or wait for earlier ones. */
  readonly ordered: Map<number, MessageFragments>;
  /** Incomplete messages of unordered I-DATA, by number. */
  readonly unordered: Map<number, MessageFragments>;
  /** Fragments of unordered DATA. */
  readonly loose: LooseFragments;
  /** The number of the next ordered message to deliver. */
  nextNumber: number;
  isDiscarding: boolean;
}

export class InboundStreams {
  /** Bytes that are held here. */
  heldBytes = 0;
  heldChunks = 0;
  readonly #listener: InboundListener;
  readonly #isInterleaved: boolean;
  readonly #maxMessageBytes: number;
  readonly #streams = new Map<number, InboundStream>();

  constructor(isInterleaved: boolean, maxMessageBytes: number, listener: InboundListener) {
    this.#isInterleaved = isInterleaved;
    this.#maxMessageBytes = maxMessageBytes;
    this.#listener = listener;
  }

  /** Adds a chunk, whose bytes are copied. @param tsn of the chunk, unwrapped */
  add(tsn: number, fields: SctpDataFields): void {
    const stream = this.#streamOf(fields.streamId);
    if (stream.isDiscarding || this.#isPassed(stream, fields)) return;
    const part = fields.payload.subarray(fields.payloadOffset, fields.payloadOffset + fields.payloadLength);
    const isWhole = fields.isBeginning && fields.isEnd;
    const isNext = fields.isUnordered || fields.messageNumber === stream.nextNumber;
    // `slice` does not copy the bytes of a Buffer in Node, and the packet may be on loan.
    if (isWhole && isNext) this.#deliverWhole(stream, fields, new Uint8Array(part));
    else if (fields.isUnordered && !this.#isInterleaved) this.#addLoose(stream, tsn, fields, new Uint8Array(part));
    else this.#addFragment(stream, this.#isInterleaved ? fields.fragmentNumber : tsn, fields, part);
  }

  /** Skips messages that the sender has given up. */
  skip({ skipped }: SctpForwardTsn, newCumulativeTsn: number): void {
    for (const { streamId, isUnordered, messageNumber } of skipped) {
      const stream = this.#streams.get(streamId);
      if (isUnordered) this.#skipUnordered(stream, messageNumber);
      else this.#skipOrdered(this.#streamOf(streamId), messageNumber);
    }
    if (this.#isInterleaved) return;
    for (const { loose } of this.#streams.values()) for (const { part } of loose.takeUpTo(newCumulativeTsn)) this.#release(1, part.length);
  }

  /** Resets streams at the peer's request. @param streamIds empty for all streams */
  reset(streamIds: readonly number[]): void {
    for (const streamId of streamIds.length > 0 ? streamIds : [...this.#streams.keys()]) {
      const stream = this.#streams.get(streamId);
      if (stream === undefined) continue;
      this.#discard(stream);
      this.#streams.delete(streamId);
    }
  }

  #streamOf(streamId: number): InboundStream {
    let stream = this.#streams.get(streamId);
    if (stream === undefined) {
      stream = { streamId, ordered: new Map(), unordered: new Map(), loose: new LooseFragments(), nextNumber: 0, isDiscarding: false };
      this.#streams.set(streamId, stream);
    }
    return stream;
  }

  /** Whether the message was delivered, or abandoned and skipped. */
  #isPassed({ nextNumber }: InboundStream, { isUnordered, messageNumber }: SctpDataFields): boolean {
    return !isUnordered && this.#distance(nextNumber, messageNumber) < 0;
  }

  #deliverWhole(stream: InboundStream, { protocolId, isUnordered }: SctpDataFields, part: Uint8Array): void {
    if (!isUnordered) this.#advance(stream);
    this.#listener.onMessage(stream.streamId, protocolId, part);
    if (!isUnordered && stream.ordered.size > 0) this.#deliverReady(stream);
  }

  #addFragment(stream: InboundStream, place: number, fields: SctpDataFields, part: Uint8Array): void {
    const messages = fields.isUnordered ? stream.unordered : stream.ordered;
    let message = messages.get(fields.messageNumber);
    if (message === undefined) {
      message = new MessageFragments();
      messages.set(fields.messageNumber, message);
    }
    if (!message.add(place, part, fields)) return;
    if (fields.isBeginning) message.protocolId = fields.protocolId;
    this.#hold(part.length);
    if (message.bytes > this.#maxMessageBytes) this.#refuse(stream);
    else if (!message.isComplete) return;
    else if (!fields.isUnordered) this.#deliverReady(stream);
    else {
      stream.unordered.delete(fields.messageNumber);
      this.#deliver(stream, message);
    }
  }

  #addLoose(stream: InboundStream, tsn: number, { protocolId, isBeginning, isEnd }: SctpDataFields, part: Uint8Array): void {
    this.#hold(part.length);
    const fragments = stream.loose.add(tsn, { protocolId, isBeginning, isEnd, part });
    if (fragments !== undefined) this.#deliverLoose(stream, fragments);
    else if (stream.loose.isOversized(this.#maxMessageBytes)) this.#refuse(stream);
  }

  #deliverLoose(stream: InboundStream, fragments: readonly LooseFragment[]): void {
    const message = new MessageFragments();
    for (const [place, fragment] of fragments.entries()) message.add(place, fragment.part, fragment);
    message.protocolId = fragments[0].protocolId;
    if (message.bytes <= this.#maxMessageBytes) this.#deliver(stream, message);
    else {
      this.#release(message.count, message.bytes);
      this.#refuse(stream);
    }
  }

  #deliverReady(stream: InboundStream): void {
    for (let message = stream.ordered.get(stream.nextNumber); message?.isComplete === true; ) {
      stream.ordered.delete(stream.nextNumber);
      this.#advance(stream);
      this.#deliver(stream, message);
      message = stream.ordered.get(stream.nextNumber);
    }
  }

  #deliver(stream: InboundStream, message: MessageFragments): void {
    this.#release(message.count, message.bytes);
    this.#listener.onMessage(stream.streamId, message.protocolId, message.join());
  }

  #advance(stream: InboundStream): void {
    stream.nextNumber = this.#following(stream.nextNumber);
  }

  /** Skips ordered messages that the sender has given up. Complete messages among them are delivered. */
  #skipOrdered(stream: InboundStream, lastNumber: number): void {
    if (this.#distance(stream.nextNumber, lastNumber) < 0) return;
    const passed = [...stream.ordered].filter(([number]) => this.#distance(number, lastNumber) >= 0);
    passed.sort(([one], [other]) => this.#distance(other, one));
    stream.nextNumber = this.#following(lastNumber);
    for (const [number, message] of passed) {
      stream.ordered.delete(number);
      if (message.isComplete) this.#deliver(stream, message);
      else this.#release(message.count, message.bytes);
    }
    this.#deliverReady(stream);
  }

  #skipUnordered(stream: InboundStream | undefined, lastNumber: number): void {
    for (const [number, message] of stream?.unordered ?? []) {
      if (this.#distance(number, lastNumber) < 0) continue;
      stream?.unordered.delete(number);
      this.#release(message.count, message.bytes);
    }
  }

  #refuse(stream: InboundStream): void {
    this.#discard(stream);
    stream.isDiscarding = true;
    this.#listener.onOversizedMessage(stream.streamId);
  }

  #discard(stream: InboundStream): void {
    for (const messages of [stream.ordered, stream.unordered]) {
      for (const message of messages.values()) this.#release(message.count, message.bytes);
      messages.clear();
    }
    for (const { part } of stream.loose.takeUpTo(Number.POSITIVE_INFINITY)) this.#release(1, part.length);
  }

  #hold(sizeBytes: number): void {
    this.heldChunks++;
    this.heldBytes += sizeBytes;
  }

  #release(chunks: number, sizeBytes: number): void {
    this.heldChunks -= chunks;
    this.heldBytes -= sizeBytes;
  }

  #following(messageNumber: number): number {
    return this.#isInterleaved ? (messageNumber + 1) >>> 0 : (messageNumber + 1) & 0xffff;
  }

  #distance(from: number, to: number): number {
    return this.#isInterleaved ? tsnDistance(from, to) : seq16Distance(from as Seq16, to as Seq16);
  }
}
