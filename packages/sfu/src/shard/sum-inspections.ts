import type { ShardInspection } from '../inspection.ts';

/** What several shards hold and have done together. @param inspections at least one */
export function sumInspections(inspections: readonly ShardInspection[]): ShardInspection {
  return inspections.reduce((sum, each) => addCounts(sum, each));
}

/** Inspections are counts through and through: records of records of numbers, the same in all shards. */
function addCounts<Counts extends object>(one: Counts, other: Counts): Counts {
  const added = Object.entries(one).map(([name, value]) => {
    const counterpart: unknown = other[name as keyof Counts];
    return [name, typeof value === 'number' ? value + Number(counterpart) : addCounts(value as object, counterpart as object)];
  });
  return Object.fromEntries(added) as Counts;
}
