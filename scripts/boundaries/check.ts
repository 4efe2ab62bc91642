/** Holds every import of the project, and every declared dependency, against `rules.ts`. */
import { existsSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, posix } from 'node:path';
import { findAmbientEffects } from './ambient-effects.ts';
import { findImportCycles, findMutualFolders, type ImportEdge } from './import-cycles.ts';
import { EXAMPLE_RULE, PACKAGE_RULES, PACKAGE_SCOPE, type PackageRule, TEST_PACKAGES, TEST_VENDORS } from './rules.ts';
import { readSourceImports, type SourceImport } from './source-imports.ts';
import { type Manifest, readRootTools, readWorkspaces, type Workspace } from './workspace.ts';

export interface Violation {
  /** From the project's root. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly why: string;
}

interface FileImport extends SourceImport {
  readonly file: string;
  /** In `src`, so part of what users install; else in a test or a tool's config. */
  readonly isShipped: boolean;
}

/**
 * Lists everything that breaks the directions between packages.
 *
 * @param root folder that holds `packages/` and `examples/`
 * @returns empty when all is well; else in the order of files and lines
 */
export function checkBoundaries(root: string): Violation[] {
  const workspaces = readWorkspaces(root);
  const exportsOf = new Map(workspaces.map(({ name, manifest }) => [`${PACKAGE_SCOPE}${name}`, manifest?.exportedPaths]));
  const rootTools = readRootTools(root);
  return workspaces.flatMap((workspace) => {
    const imports = readImports(root, workspace);
    const found = [
      ...imports.flatMap((entry) => violationsOf(workspace, entry, exportsOf)),
      ...cycleViolations(root, imports),
      ...folderViolations(root, workspace, imports),
      ...sansIoViolations(root, workspace),
      ...manifestViolations(workspace, imports, rootTools),
    ];
    return found.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
  });
}

function readImports(root: string, workspace: Workspace): FileImport[] {
  const shippedFolder = workspace.kind === 'example' ? `${workspace.folder}/` : `${workspace.folder}/src/`;
  return workspace.files.flatMap((file) =>
    readSourceImports(join(root, file)).map((entry) => ({ ...entry, file, isShipped: file.startsWith(shippedFolder) })),
  );
}

function violationsOf(
  workspace: Workspace,
  entry: FileImport,
  exportsOf: ReadonlyMap<string, ReadonlySet<string> | undefined>,
): Violation[] {
  const rule = ruleOf(workspace);
  const why =
    rule === undefined
      ? `package "${workspace.name}" has no line in scripts/boundaries/rules.ts`
      : (whyRelativeForbidden(workspace, entry) ??
        whyNodeForbidden(workspace, rule, entry) ??
        whyPackageForbidden(workspace, rule, entry, exportsOf) ??
        whyVendorForbidden(workspace, rule, entry));
  return why === undefined ? [] : [{ file: entry.file, line: entry.line, why }];
}

function ruleOf(workspace: Workspace): PackageRule | undefined {
  return workspace.kind === 'example' ? EXAMPLE_RULE : PACKAGE_RULES[workspace.name];
}

function whyRelativeForbidden(workspace: Workspace, { file, specifier, isShipped }: FileImport): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  const target = posix.join(dirname(file), specifier);
  const mayReach = isShipped && workspace.kind === 'package' ? `${workspace.folder}/src/` : `${workspace.folder}/`;
  if (target.startsWith(mayReach) || target === `${workspace.folder}/package.json`) return undefined;
  return `"${specifier}" leaves ${mayReach}: import another package by its name`;
}

function whyNodeForbidden(workspace: Workspace, rule: PackageRule, { specifier, isShipped }: FileImport): string | undefined {
  if (!isBuiltin(specifier)) return undefined;
  if (!specifier.startsWith('node:')) return `"${specifier}" is Node's own module: write "node:${specifier}"`;
  return isShipped && !rule.nodeModules ? `"${workspace.name}" knows no Node: "${specifier}" is forbidden` : undefined;
}

function whyPackageForbidden(
  workspace: Workspace,
  rule: PackageRule,
  { specifier, isShipped }: FileImport,
  exportsOf: ReadonlyMap<string, ReadonlySet<string> | undefined>,
): string | undefined {
  if (!specifier.startsWith(PACKAGE_SCOPE)) return undefined;
  const name = packageOf(specifier);
  const shortName = name.slice(PACKAGE_SCOPE.length);
  const isOwn = shortName === workspace.name && workspace.kind === 'package';
  if (isOwn && isShipped) return 'a package imports its own files by relative path';
  const mayImport = rule.packages.includes(shortName) || (!isShipped && (isOwn || TEST_PACKAGES.includes(shortName)));
  if (!mayImport) return `"${workspace.name}" may not import "${shortName}" (it may import: ${rule.packages.join(', ') || 'no package'})`;
  const subpath = `.${specifier.slice(name.length)}`;
  if (subpath !== '.' && !exportsOf.get(name)?.has(subpath)) return `"${specifier}" reaches into a package: import "${name}"`;
  return undefined;
}

function whyVendorForbidden(workspace: Workspace, rule: PackageRule, { file, specifier, isShipped }: FileImport): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith(PACKAGE_SCOPE) || isBuiltin(specifier)) return undefined;
  const vendor = packageOf(specifier);
  const toolVendors = isShipped ? [] : [...TEST_VENDORS, ...(rule.toolVendors ?? [])];
  const folder = isShipped ? rule.vendorFolders?.[vendor] : undefined;
  if (folder !== undefined && !file.startsWith(`${workspace.folder}/src/${folder}/`)) {
    return `"${workspace.name}" imports the vendor "${vendor}" in src/${folder}/ alone`;
  }
  if (rule.vendors.includes(vendor) || toolVendors.includes(vendor)) return undefined;
  const owners = Object.keys(PACKAGE_RULES).filter((name) => PACKAGE_RULES[name]?.vendors.includes(vendor));
  const owner = owners.length > 0 ? `only ${owners.join(' and ')} may` : 'no package may, by scripts/boundaries/rules.ts';
  return `"${workspace.name}" may not import the vendor "${vendor}": ${owner}`;
}

function cycleViolations(root: string, imports: readonly FileImport[]): Violation[] {
  const edges: ImportEdge[] = imports
    .filter(({ isTypeOnly, isShipped }) => !isTypeOnly || isShipped)
    .flatMap((entry) => edgesOf(root, entry));
  return findImportCycles(edges).map((cycle) => {
    const closing = cycle.at(-1) as ImportEdge;
    return { file: closing.from, line: closing.line, why: `import cycle: ${[...cycle.map(({ from }) => from), closing.to].join(' -> ')}` };
  });
}

/** Folders directly in `src`; files there wire them together and may import from all. */
function folderViolations(root: string, { folder }: Workspace, imports: readonly FileImport[]): Violation[] {
  const folderOf = (file: string): string | undefined => {
    const [name, ...rest] = file.slice(`${folder}/src/`.length).split('/');
    return file.startsWith(`${folder}/src/`) && rest.length > 0 ? name : undefined;
  };
  const edges = imports.filter(({ isShipped }) => isShipped).flatMap((entry) => edgesOf(root, entry));
  return findMutualFolders(edges, folderOf).map(({ from, to, line }) => ({
    file: from,
    line,
    why: `the folders ${folderOf(from)} and ${folderOf(to)} import each other`,
  }));
}

function edgesOf(root: string, { file, specifier, line }: FileImport): ImportEdge[] {
  if (!specifier.startsWith('.')) return [];
  const to = posix.join(dirname(file), specifier);
  return existsSync(join(root, to)) ? [{ from: file, to, line }] : [];
}

function sansIoViolations(root: string, workspace: Workspace): Violation[] {
  if (workspace.kind === 'example' || !PACKAGE_RULES[workspace.name]?.isSansIo) return [];
  const shipped = workspace.files.filter((file) => file.startsWith(`${workspace.folder}/src/`));
  return shipped.flatMap((file) =>
    findAmbientEffects(join(root, file)).map(({ name, line }) => ({
      file,
      line,
      why: `"${workspace.name}" is sans-IO: ${name} must come in as a parameter`,
    })),
  );
}

function manifestViolations(workspace: Workspace, imports: readonly FileImport[], rootTools: ReadonlySet<string>): Violation[] {
  const { manifest } = workspace;
  if (manifest === undefined) return [{ file: `${workspace.folder}/package.json`, line: 1, why: 'the package has no package.json' }];
  const rule = ruleOf(workspace);
  const external = imports.filter(({ specifier }) => !specifier.startsWith('.') && !isBuiltin(specifier));
  const undeclared = external.filter((entry) => !isDeclared(workspace, manifest, rootTools, entry));
  const used = new Set(external.map(({ specifier }) => packageOf(specifier)));
  return [
    ...undeclared.map(({ file, line, specifier, isShipped }) => ({
      file,
      line,
      why: `"${packageOf(specifier)}" is missing from ${isShipped ? 'dependencies' : 'devDependencies'} of ${manifest.path}`,
    })),
    ...[...manifest.dependencies]
      .filter((name) => !used.has(name) && !rule?.servedPackages?.includes(name) && !rule?.peers?.includes(name))
      .map((name) => ({
        file: manifest.path,
        line: lineOf(manifest.text, name),
        why: `dependency "${name}" is declared but never imported`,
      })),
  ];
}

function isDeclared(workspace: Workspace, manifest: Manifest, rootTools: ReadonlySet<string>, entry: FileImport): boolean {
  const name = packageOf(entry.specifier);
  if (manifest.dependencies.has(name)) return true;
  const hasTypesOnly = entry.isTypeOnly && manifest.devDependencies.has(`@types/${name}`);
  if (entry.isShipped && !PACKAGE_RULES[workspace.name]?.isBundled) return hasTypesOnly;
  const isOfTheHouse = [workspace.name, ...TEST_PACKAGES].some((own) => name === `${PACKAGE_SCOPE}${own}`);
  return isOfTheHouse || manifest.devDependencies.has(name) || rootTools.has(name) || TEST_VENDORS.includes(name);
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function lineOf(text: string, name: string): number {
  const before = text.slice(0, text.indexOf(`"${name}"`));
  return before.split('\n').length;
}
