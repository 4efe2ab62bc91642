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
