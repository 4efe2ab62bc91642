export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

/** @returns the highest version that both speak; undefined if there is none */
export function commonVersion(one: VersionRange, other: VersionRange): number | undefined {
  const highest = Math.min(one.max, other.max);
  return highest >= Math.max(one.min, other.min) ? highest : undefined;
}

export function versionsDiffer(ours: VersionRange, theirs: VersionRange): string {
  return `link versions ${ours.min} to ${ours.max} here, ${theirs.min} to ${theirs.max} there: none in common`;
}
