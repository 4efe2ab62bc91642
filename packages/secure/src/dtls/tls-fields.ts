/**
 * Reads the presentation language of TLS from untrusted bytes. A read past the end returns zeros or an empty buffer, and is remembered.
 * Parsers can therefore read without checks, and ask once at the end whether everything was there.
 *
 * @see RFC 5246 §4
 */
const EMPTY = Buffer.alloc(0);

export class TlsReader {
  readonly #bytes: Buffer;
  #at = 0;
  #overrun = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Whether every read was within the bytes. */
  get isIntact(): boolean {
    return !this.#overrun;
  }

  /** Whether every read was within the bytes, and none are left. */
  get isComplete(): boolean {
    return this.isIntact && this.#at === this.#bytes.length;
  }

  get hasMore(): boolean {
    return this.isIntact && this.#at < this.#bytes.length;
  }

  uint8(): number {
    return this.#unsigned(1);
  }

  uint16(): number {
    return this.#unsigned(2);
  }

  uint24(): number {
    return this.#unsigned(3);
  }

  uint48(): number {
    return this.#unsigned(6);
  }

  /** The next `length` bytes, not copied. */
  take(length: number): Buffer {
    const end = this.#at + length;
    if (this.#overrun || end > this.#bytes.length) {
      this.#overrun = true;
      return EMPTY;
    }
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  /** A vector that is preceded by its length in one byte; the other methods use two and three. */
  vector8(): Buffer {
    return this.take(this.uint8());
  }

  vector16(): Buffer {
    return this.take(this.uint16());
  }

  vector24(): Buffer {
    return this.take(this.uint24());
  }

  /** A vector of 16-bit numbers. An odd length counts as a read past the end. */
  uint16List(): number[] {
    const bytes = this.vector16();
    if (bytes.length % 2 !== 0) this.#overrun = true;
    return Array.from({ length: Math.floor(bytes.length / 2) }, (_, i) => bytes.readUInt16BE(i * 2));
  }

  #unsigned(length: number): number {
    const bytes = this.take(length);
    return bytes.length === 0 ? 0 : bytes.readUIntBE(0, length);
  }
}

// Handshake messages are few, so the buffers of their fields (RFC 5246 §4) are simply concatenated.

export function uint8(value: number): Buffer {
  return Buffer.of(value);
}

export function uint16(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [i, value] of values.entries()) bytes.writeUInt16BE(value, i * 2);
  return bytes;
}

export function uint24(value: number): Buffer {
  const bytes = Buffer.alloc(3);
  bytes.writeUIntBE(value, 0, 3);
  return bytes;
}

export function uint48(value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(value, 0, 6);
  return bytes;
}

/** Joins the pieces, preceded by their length in one byte; the other functions use two and three. */
export function vector8(...pieces: Uint8Array[]): Buffer {
  const content = Buffer.concat(pieces);
  return Buffer.concat([uint8(content.length), content]);
}

export function vector16(...pieces: Uint8Array[]): Buffer {
  const content = Buffer.concat(pieces);
  return Buffer.concat([uint16(content.length), content]);
}

export function vector24(...pieces: Uint8Array[]): Buffer {
  const content = Buffer.concat(pieces);
  return Buffer.concat([uint24(content.length), content]);
}
