/**
 * Adds to a lock file the packages for other platforms that npm left out of it.
 *
 * Tools with native parts come as a package with one optional dependency for each platform. npm leaves those out of the lock file
 * that it cannot fetch where it runs, as on a machine whose registry serves only some platforms; `npm ci` then refuses the
 * lock file, and users on those platforms would get the tool without its native part. Name and version of the missing ones are in
 * the lock file all the same, in the tool's own entry, and the name tells the platform.
 */

export interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  /** Whether it is a package of the project itself, which is a folder of the repository. */
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly license?: string;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The parts of a package-lock.json (version 3) that matter here; keys of `packages` are folders. */
export interface Lockfile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

export interface MissingPackage {
  /** Folder of the package that depends on it. */
  readonly dependent: string;
  readonly name: string;
  readonly version: string;
}

/** How package names spell what npm calls `os`, `cpu` and `libc`. */
const OS_NAMES = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const CPU_NAMES = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'];
const LIBC_NAMES: Readonly<Record<string, string>> = { gnu: 'glibc', gnueabihf: 'glibc', musl: 'musl', musleabihf: 'musl' };

/** Lists optional dependencies that no entry of the lock file satisfies. */
export function listMissing({ packages }: Lockfile): MissingPackage[] {
  return Object.entries(packages).flatMap(([dependent, { optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !isLocked(packages, dependent, name))
      .map(([name, version]) => ({ dependent, name, version })),
  );
}

/**
 * Gives the same lock file with an entry for each missing package, in npm's order. Their integrity has to be added (`integrity.ts`).
 *
 * @throws Error – a missing package is wanted in a range instead of a version, or its name tells no platform
 */
export function completeLockfile<T extends Lockfile>(lockfile: T): T {
  const added = listMissing(lockfile).map(({ dependent, name, version }) => {
    if (!/^\d+\.\d+\.\d+/.test(version)) throw new Error(`${dependent} wants ${name} in the range "${version}": no version to lock`);
    const { dev, license } = lockfile.packages[dependent] ?? {};
    const { cpu, libc, os } = platformOf(name);
    // In npm's order, which would sort them at its next run.
    const entry: LockedPackage = {
      version,
      cpu,
      ...(dev && { dev }),
      ...(libc && { libc }),
      ...(license && { license }),
      optional: true,
      os,
    };
    return [`node_modules/${name}`, entry] as const;
  });
  const packages = [...Object.entries(lockfile.packages), ...added].sort(([a], [b]) => a.localeCompare(b, 'en'));
  return { ...lockfile, packages: Object.fromEntries(packages) };
}

/** Looks where Node would: beside the dependent, then in every folder above it. */
function isLocked(packages: Lockfile['packages'], dependent: string, name: string): boolean {
  for (let folder = dependent; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    if (packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`] !== undefined) return true;
    if (folder === '') return false;
  }
}

function platformOf(name: string): Required<Pick<LockedPackage, 'os' | 'cpu'>> & Pick<LockedPackage, 'libc'> {
  const words = name.split(/[/-]/);
  const os = words.find((word) => OS_NAMES.includes(word));
  const cpu = words.find((word) => CPU_NAMES.includes(word));
  const libc = os === 'linux' ? words.map((word) => LIBC_NAMES[word]).find((found) => found !== undefined) : undefined;
  if (os === undefined || cpu === undefined) throw new Error(`${name} does not tell for which platform it is`);
  return { cpu: [cpu], ...(libc && { libc: [libc] }), os: [os] };
}
