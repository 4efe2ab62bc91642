/**
 * Finds import cycles between files, and between folders of a package. A cycle of values may see an unfinished module
 * at start. Cycles of types cannot, because types are erased, but a reader of one file has to read all of them.
 */

export interface ImportEdge {
  readonly from: string;
  readonly to: string;
  /** Where `from` imports `to`. */
  readonly line: number;
}

/**
 * Lists one circle for every edge that closes one in a depth-first walk, so that cutting the listed edges leaves none.
 *
 * @returns circles as edges in walking order; the last edge leads back to the first file
 */
export function findImportCycles(edges: readonly ImportEdge[]): ImportEdge[][] {
  const outgoing = Map.groupBy(edges, (edge) => edge.from);
  const finished = new Set<string>();
  const cycles: ImportEdge[][] = [];

  const walk = (file: string, path: readonly ImportEdge[]): void => {
    for (const edge of outgoing.get(file) ?? []) {
      const trail = [...path, edge];
      const ringStart = trail.findIndex((earlier) => earlier.from === edge.to);
      if (ringStart >= 0) cycles.push(trail.slice(ringStart));
      else if (!finished.has(edge.to)) walk(edge.to, trail);
    }
    finished.add(file);
  };

  for (const file of outgoing.keys()) if (!finished.has(file)) walk(file, []);
  return cycles;
}

/** Lists an edge for each pair of folders that import each other, from the one that does so in fewer places. */
export function findMutualFolders(edges: readonly ImportEdge[], folderOf: (file: string) => string | undefined): ImportEdge[] {
  const between = Map.groupBy(
    edges.filter(({ from, to }) => folderOf(from) !== undefined && folderOf(to) !== undefined && folderOf(from) !== folderOf(to)),
    ({ from, to }) => `${folderOf(from)} ${folderOf(to)}`,
  );
  return [...between].flatMap(([pair, forward]) => {
    const backward = between.get(pair.split(' ').reverse().join(' '));
    const isFewer =
      backward !== undefined &&
      (forward.length < backward.length || (forward.length === backward.length && pair < `${pair.split(' ').reverse().join(' ')}`));
    return isFewer && forward[0] !== undefined ? [forward[0]] : [];
  });
}
