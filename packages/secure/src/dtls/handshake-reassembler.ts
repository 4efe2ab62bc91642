/**
 * Reassembles fragments, whatever their order, overlap or repetition, and returns whole messages in sequence. Its memory is limited,
 * because the peers are not authenticated yet.
 */
import type { HandshakeFragment, HandshakeMessage } from './handshake-message.ts';

/** A whole flight, including a certificate chain, has a few KB; a post-quantum ClientHello has less than two. */
const MAX_HELD_BYTES = 65_536;
const MAX_HELD_FRAGMENTS = 32;
/** How far ahead of the next message fragments are kept. No flight has more messages. */
const MAX_MESSAGES_AHEAD = 8;

export class HandshakeReassembler {
  #nextSequence = 0;
  #held: HandshakeFragment[] = [];
  #heldBytes = 0;

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** @returns `repeated` for a message that was returned before: the peer has not received our answer */
  add(fragment: HandshakeFragment): 'held' | 'repeated' | 'dropped' {
    if (fragment.sequence < this.#nextSequence) return 'repeated';
    if (fragment.sequence >= this.#nextSequence + MAX_MESSAGES_AHEAD || fragment.totalLength > MAX_HELD_BYTES) return 'dropped';
    // If fragments with the same number belong to different messages, one is forged, and only the genuine one will be sent again.
    this.#keep((held) => held.sequence !== fragment.sequence || isSameMessage(held, fragment));
    // Duplicates made by the network must not use up the space.
    if (this.#held.some((held) => isSame(held, fragment))) return 'held';
    const isFull = this.#held.length >= MAX_HELD_FRAGMENTS || this.#heldBytes + fragment.body.length > MAX_HELD_BYTES;
    // An attacker can fill the space with fragments of messages that are never completed. Dropping everything does not harm an honest peer,
    // which will send its fragments again.
    if (isFull) this.#keep(() => false);
    // The body is copied because the datagram's buffer is on loan.
    this.#held.push({ ...fragment, body: Buffer.from(fragment.body) });
    this.#heldBytes += fragment.body.length;
    return 'held';
  }

  /** The next message, if it is complete. */
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

  /** Treats the last message as if it had not arrived, so that another can take its place. */
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

/** @param parts sorted by offset @returns undefined if there is a gap */
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
