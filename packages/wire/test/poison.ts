/**
 * Puts content into the middle of a larger buffer, with other bytes before and behind it. A parser that reads beyond the
 * content gives itself away by answering differently for different poison.
 */
export function poisoned(content: Uint8Array, poison: number): { buffer: Uint8Array; offset: number } {
  const offset = 16;
  const buffer = new Uint8Array(offset + content.length + 64).fill(poison);
  buffer.set(content, offset);
  return { buffer, offset };
}

/** As `poisoned`, for parsers whose content starts at offset 0: there is poison behind it only. */
export function poisonedTail(content: Uint8Array, poison: number): Uint8Array {
  const buffer = new Uint8Array(content.length + 64).fill(poison);
  buffer.set(content);
  return buffer;
}

/** Byte values that steer parsers in different ways: nothing set, everything set, continuation bits, small counts. */
export const POISONS = [0x00, 0xff, 0x80, 0x01];
