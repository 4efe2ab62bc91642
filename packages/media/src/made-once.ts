/**
 * Caches the result of a function for each immutable list. Up to 256 m-sections of a session share their lists of codecs and header
 * extensions, so what is derived from the lists should also exist only once: it would be most of a track's memory.
 *
 * @param make must depend on the list only, and its result must not be changed
 */
export function madeOnce<List extends object, Made extends object>(make: (list: List) => Made): (list: List) => Made {
  const known = new WeakMap<List, Made>();
  return (list) => {
    const made = known.get(list) ?? make(list);
    known.set(list, made);
    return made;
  };
}

/** The oldest value makes room for a new one. Clients of one browser describe themselves alike, so there are few. */
const MAX_KEPT = 256;
/** Only clients that want to fill the node's memory send longer texts. */
const MAX_TEXT_LENGTH = 16_384;

/**
 * Caches a value that depends on a text alone, so that sessions whose clients describe themselves alike share what was read from their
 * descriptions. The returned function looks the text up, and makes the value if there is none. The value must never be changed.
 */
export function sharedByText<Value>(): (text: string, make: (text: string) => Value) => Value {
  const known = new Map<string, Value>();
  return (text, make) => {
    const shared = known.get(text);
    if (shared !== undefined) return shared;
    const made = make(text);
    if (text.length > MAX_TEXT_LENGTH) return made;
    if (known.size === MAX_KEPT) for (const oldest of known.keys()) if (known.delete(oldest)) break;
    known.set(text, made);
    return made;
  };
}
