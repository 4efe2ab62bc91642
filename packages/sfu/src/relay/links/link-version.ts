export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

/** @returns the highest version that both nodes support; undefined if there is none */
export function commonVersion(one: VersionRange, other: VersionRange): number | undefined {
  const highest = Math.min(one.max, other.max);
  return highest >= Math.max(one.min, other.min) ? highest : undefined;
}

export function versionsDiffer(ours: VersionRange, theirs: VersionRange): string {
  return `no common link version: this node supports ${ours.min} to ${ours.max}, the other ${theirs.min} to ${theirs.max}`;
}
