/**
 * Puts fragments together, whatever their order, overlap or repetition, and hands out whole messages in sequence. Its
 * memory is bounded, because its peers are not authenticated yet.
 */
import type { HandshakeFragment, HandshakeMessage } from './handshake-message.ts';

/** All of a flight, certificate chain included, is a few KB; a post-quantum ClientHello under two. */
const MAX_HELD_BYTES = 65_536;
const MAX_HELD_FRAGMENTS = 32;
/** How far ahead of the next message fragments are kept: no flight has more messages. */
const MAX_MESSAGES_AHEAD = 8;

export class HandshakeReassembler {
  #nextSequence = 0;
  #held: HandshakeFragment[] = [];
  #heldBytes = 0;

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** @returns `repeated` for a message that was handed out before: the peer has not got our answer */
  add(fragment: HandshakeFragment): 'held' | 'repeated' | 'dropped' {
    if (fragment.sequence < this.#nextSequence) return 'repeated';
    if (fragment.sequence >= this.#nextSequence + MAX_MESSAGES_AHEAD || fragment.totalLength > MAX_HELD_BYTES) return 'dropped';
    // Pieces of two different messages of one number: one is forged, and only the true one will be sent again.
    this.#keep((held) => held.sequence !== fragment.sequence || isSameMessage(held, fragment));
    // What the network has doubled must not use up the space.
    if (this.#held.some((held) => isSame(held, fragment))) return 'held';
    const isFull = this.#held.length >= MAX_HELD_FRAGMENTS || this.#heldBytes + fragment.body.length > MAX_HELD_BYTES;
    // An attacker fills the space with fragments of messages that never complete; an honest peer will send its own again.
    if (isFull) this.#keep(() => false);
    // A copy, because the datagram's buffer is not ours to keep.
    this.#held.push({ ...fragment, body: Buffer.from(fragment.body) });
    this.#heldBytes += fragment.body.length;
    return 'held';
  }

  /** The next message, if it is whole. */
  take(): HandshakeMessage | undefined {
    const sequence = this.#nextSequence;
    const parts = this.#held.filter((fragment) => fragment.sequence === sequence).sort((a, b) => a.offset - b.offset);
    const [first] = parts;
    if (first === undefined) return undefined;
    const body = join(parts, first.totalLength);
    if (body === undefined) return undefined;
    this.#keep((fragment) => fragment.sequence !== sequence);
    this.#nextSequence++;
    return { type: first.type, sequence, body };
  }

  /** The message taken last is treated as if it had never come: another may take its place. */
  refuse(): void {
    this.#nextSequence--;
  }

  #keep(isKept: (fragment: HandshakeFragment) => boolean): void {
    this.#held = this.#held.filter(isKept);
    this.#heldBytes = this.#held.reduce((sum, fragment) => sum + fragment.body.length, 0);
  }
}

function isSameMessage(a: HandshakeFragment, b: HandshakeFragment): boolean {
  return a.type === b.type && a.totalLength === b.totalLength;
}

function isSame(a: HandshakeFragment, b: HandshakeFragment): boolean {
  return a.sequence === b.sequence && a.offset === b.offset && a.body.equals(b.body);
}

/** @param parts in order of their offsets @returns undefined while there is a gap */
function join(parts: readonly HandshakeFragment[], totalLength: number): Buffer | undefined {
  let reached = 0;
  for (const part of parts) {
    if (part.offset > reached) return undefined;
    reached = Math.max(reached, part.offset + part.body.length);
  }
  if (reached !== totalLength) return undefined;
  const body = Buffer.alloc(totalLength);
  for (const part of parts) body.set(part.body, part.offset);
  return body;
}
