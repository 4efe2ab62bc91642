/** With fewer bytes, the result would be due to chance. */
const MIN_TELLING_BYTES = 32;
/** Readable text shows at once, and a capture has a hundred thousand packets. */
const MAX_READ_BYTES = 256;
const BYTE_VALUES = 256;
/**
 * The share of the number of different values that random bytes have on average. Random bytes never have so few, whereas text, silence and
 * padding do.
 */
const LEAST_SHARE = 0.5;

/** @returns whether the bytes may be ciphertext; true if there are too few to tell */
export function looksEncrypted(bytes: Uint8Array): boolean {
  const readBytes = Math.min(bytes.length, MAX_READ_BYTES);
  if (readBytes < MIN_TELLING_BYTES) return true;
  const isSeen = new Uint8Array(BYTE_VALUES);
  let different = 0;
  for (let index = 0; index < readBytes; index++) {
    const value = bytes[index] ?? 0;
    if (isSeen[value] === 0) different++;
    isSeen[value] = 1;
  }
  const expected = BYTE_VALUES * (1 - (1 - 1 / BYTE_VALUES) ** readBytes);
  return different >= LEAST_SHARE * expected;
}
