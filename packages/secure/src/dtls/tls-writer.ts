/** Writes the presentation language of TLS. Handshake messages are few, so buffers are simply concatenated. @see RFC 5246 §4 */

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
