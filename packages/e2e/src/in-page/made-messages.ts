/** Messages computed from a few numbers, so that either end of a channel, in any language, can generate and check them. */

/** A message to be sent: `length` characters or bytes that follow from `seed`. */
export interface MadeMessage {
  readonly kind: 'text' | 'binary';
  readonly length: number;
  readonly seed: number;
}

/** A message as passed to a test in JSON, with a checksum of its contents. */
export interface SeenMessage {
  readonly kind: 'text' | 'binary';
  readonly length: number;
  readonly sum: number;
}

export function makeMessage({ kind, length, seed }: MadeMessage): string | Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from({ length }, (_, index) => (index * 31 + seed * 7 + (index >> 8)) & 0x7f);
  return kind === 'binary' ? bytes : new TextDecoder('latin1').decode(bytes);
}

export function describeMessage(data: string | ArrayBuffer | Uint8Array): SeenMessage {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : new Uint8Array(data);
  const sum = bytes.reduce((before, byte) => (before * 31 + byte) % 4_294_967_291, bytes.length);
  return { kind: typeof data === 'string' ? 'text' : 'binary', length: bytes.length, sum };
}
