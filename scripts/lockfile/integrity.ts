/**
 * Every package that a lock file names should come with the hash of its contents, or anyone who answers for the registry
 * decides what is installed. npm writes no hash for a package that it has not looked up.
 */
import type { LockedPackage, Lockfile } from './complete.ts';

const MODULES = 'node_modules/';

/** Names and versions of packages that are locked without their hash, each name once; the next list has its other versions. */
export function listUnhashed({ packages }: Lockfile): ReadonlyMap<string, string> {
  const unhashed = new Map<string, string>();
  for (const [folder, { version, integrity, link }] of Object.entries(packages)) {
    const isFromRegistry = folder.includes(MODULES) && link !== true;
    if (isFromRegistry && integrity === undefined) unhashed.set(nameOf(folder), version ?? '');
  }
  return unhashed;
}

/** The same lock file with the hashes that another one has for the same packages. */
export function copyHashes<T extends Lockfile>(lockfile: T, source: Lockfile): T {
  const known = new Map(Object.entries(source.packages).map(([folder, entry]) => [`${nameOf(folder)}@${entry.version}`, entry.integrity]));
  const packages = Object.entries(lockfile.packages).map(([folder, entry]) => {
    const integrity = entry.integrity === undefined && entry.link !== true ? known.get(`${nameOf(folder)}@${entry.version}`) : undefined;
    return [folder, integrity === undefined ? entry : withIntegrity(entry, integrity)] as const;
  });
  return { ...lockfile, packages: Object.fromEntries(packages) };
}

/** In npm's order, which would sort them at its next run. */
function withIntegrity({ version, ...rest }: LockedPackage, integrity: string): LockedPackage {
  return { ...(version !== undefined && { version }), integrity, ...rest };
}

function nameOf(folder: string): string {
  return folder.slice(folder.lastIndexOf(MODULES) + MODULES.length);
}
