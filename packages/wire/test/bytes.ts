/** Bytes as people write them: hex digits with any white space between. */
export function bytes(hex: string): Uint8Array {
  const digits = hex.replace(/\s+/g, '');
  if (!/^([0-9a-f]{2})*$/.test(digits)) throw new Error(`not hex bytes: ${hex}`);
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function hex(value: Uint8Array): string {
  return Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** What a writer put into a buffer of its own, which it must fill exactly up to the offset it returns. */
export function written(write: (out: Uint8Array, offset: number) => number): Uint8Array {
  const start = 4;
  const out = new Uint8Array(4096).fill(0xee);
  const end = write(out, start);
  if (out[start - 1] !== 0xee || out[end] !== 0xee) throw new Error('the writer left its place');
  return out.slice(start, end);
}
