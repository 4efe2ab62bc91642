/** Finds files that import each other in a ring. A ring of values may see an unfinished module at start; types are erased and cannot. */

export interface ImportEdge {
  readonly from: string;
  readonly to: string;
  /** Where `from` imports `to`. */
  readonly line: number;
}

/**
 * Lists one ring for every edge that closes one in a depth-first walk, so that cutting the listed edges leaves none.
 *
 * @returns rings as edges in walking order; the last edge leads back to the first file
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
