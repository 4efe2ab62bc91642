/** Inspects JSON before it is parsed, because detecting a hostile text must cost less than parsing it. */

export interface JsonShapeLimits {
  /** The maximum nesting depth of objects and arrays. */
  readonly maxDepth: number;
  /** The maximum number of values in all objects and arrays together. */
  readonly maxValues: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Checks the limits in one pass over the bytes. The parser determines whether they are valid JSON. */
export function checkJsonShape(bytes: Uint8Array, { maxDepth, maxValues }: JsonShapeLimits): 'fits' | 'too deep' | 'too many values' {
  let depth = 0;
  let values = 1;
  for (let index = 0; index < bytes.length; index++) {
    switch (bytes[index]) {
      case QUOTE:
        index = endOfString(bytes, index);
        break;
      case OPEN_BRACKET:
      case OPEN_BRACE:
        if (++depth > maxDepth) return 'too deep';
        break;
      case CLOSE_BRACKET:
      case CLOSE_BRACE:
        depth--;
        break;
      case COMMA:
        if (++values > maxValues) return 'too many values';
    }
  }
  return 'fits';
}

/** @returns the index of the closing quote, or the length of the text if there is none */
function endOfString(bytes: Uint8Array, start: number): number {
  let index = start + 1;
  while (index < bytes.length && bytes[index] !== QUOTE) index += bytes[index] === BACKSLASH ? 2 : 1;
  return index;
}
