/**
 * Size of a text as UTF-8, without encoding it: this package has no `TextEncoder` in scope. A lone surrogate counts 3 bytes, as the
 * replacement character it is encoded to.
 */
export function utf8SizeBytes(text: string): number {
  let sizeBytes = 0;
  for (const character of text) {
    const codePoint = character.codePointAt(0) ?? 0;
    sizeBytes += codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
  }
  return sizeBytes;
}
