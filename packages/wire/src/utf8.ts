/** UTF-8 for the few readable strings of the protocols. `TextDecoder` belongs to hosts, not to the language, so `wire` does without it. */

const REPLACEMENT = 0xfffd;
/** Smallest code point for each number of trailing bytes; lower ones would be overlong forms. */
const MIN_BY_TRAILING = [0, 0x80, 0x800, 0x10000];

/** Decodes the bytes from `offset` to `end`. Each invalid byte becomes U+FFFD. Never throws. */
export function decodeUtf8(bytes: Uint8Array, offset: number, end: number): string {
  let text = '';
  let at = offset;
  while (at < end) {
    const trailing = trailingBytes(bytes[at]);
    const codePoint = at + trailing < end ? codePointAt(bytes, at, trailing) : REPLACEMENT;
    text += String.fromCodePoint(codePoint);
    at += codePoint === REPLACEMENT ? 1 : trailing + 1;
  }
  return text;
}

/** Encodes text; lone surrogates become U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const char of text.toWellFormed()) {
    const codePoint = char.codePointAt(0) ?? REPLACEMENT;
    if (codePoint < 0x80) bytes.push(codePoint);
    else if (codePoint < 0x800) bytes.push(0xc0 | (codePoint >> 6), trail(codePoint));
    else if (codePoint < 0x10000) bytes.push(0xe0 | (codePoint >> 12), trail(codePoint >> 6), trail(codePoint));
    else bytes.push(0xf0 | (codePoint >> 18), trail(codePoint >> 12), trail(codePoint >> 6), trail(codePoint));
  }
  return Uint8Array.from(bytes);
}

function trail(bits: number): number {
  return 0x80 | (bits & 0x3f);
}

function trailingBytes(lead: number): number {
  if (lead < 0xc0) return 0;
  if (lead < 0xe0) return 1;
  return lead < 0xf0 ? 2 : 3;
}

function codePointAt(bytes: Uint8Array, at: number, trailing: number): number {
  const lead = bytes[at];
  if (trailing === 0) return lead < 0x80 ? lead : REPLACEMENT;
  let codePoint = lead & (0x3f >> trailing);
  for (let i = 1; i <= trailing; i++) {
    const next = bytes[at + i];
    if (next >> 6 !== 2) return REPLACEMENT;
    codePoint = (codePoint << 6) | (next & 0x3f);
  }
  const isSurrogate = codePoint >= 0xd800 && codePoint <= 0xdfff;
  const isValid = codePoint >= MIN_BY_TRAILING[trailing] && codePoint <= 0x10ffff && !isSurrogate && lead < 0xf8;
  return isValid ? codePoint : REPLACEMENT;
}
