/**
 * Makes something of an immutable list once, and returns the same for that list from then on. Up to 256 m-sections of
 * a session share their lists of codecs and header extensions, so what is made of those should be there once, too: it would be
 * most of what a track keeps.
 *
 * @param make must depend on the list alone; what it returns must not be changed
 */
export function madeOnce<List extends object, Made extends object>(make: (list: List) => Made): (list: List) => Made {
  const known = new WeakMap<List, Made>();
  return (list) => {
    const made = known.get(list) ?? make(list);
    known.set(list, made);
    return made;
  };
}
