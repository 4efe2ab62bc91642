import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { PROJECT_ROOT } from './run-node.ts';

/** Files that git keeps, or will once they are added. */
const FILES = listFiles('--cached', '--others', '--exclude-standard');
/** Packages that git keeps already: one under construction need not be in the documents. */
const PACKAGES = new Set(
  listFiles('--cached')
    .map((file) => /^packages\/([^/]+)\//.exec(file)?.[1])
    .filter((name) => name !== undefined),
);
const FILE_NAMES = new Set(FILES.map((file) => basename(file)));
const PATHS = new Set(FILES.flatMap((file) => [file, ...parentsOf(file)]));
const TOP_LEVEL = new Set(FILES.map((file) => file.split('/')[0]));

/** Documents about the code as it is. A log of what was may name what is no longer there. */
const DOCUMENTS = FILES.filter((file) => file.endsWith('.md') && file !== 'CHANGELOG.md');

/** A decision may name what it did away with. */
const DESCRIPTIONS = DOCUMENTS.filter((file) => !file.startsWith('docs/adr/'));

/** Commands write these, or compare them with what they would write. */
const GENERATED = ['docs/config.md', 'docs/interop.md', 'docs/metrics.md'];
const HAND_WRITTEN = [...DOCUMENTS.filter((file) => !GENERATED.includes(file)), 'CHANGELOG.md'];
const MAX_COLUMNS = 100;

function listFiles(...options: readonly string[]): string[] {
  const listed = execFileSync('git', ['ls-files', ...options], { cwd: PROJECT_ROOT, encoding: 'utf8' });
  return listed
    .trim()
    .split('\n')
    .filter((file) => existsSync(join(PROJECT_ROOT, file)));
}

function parentsOf(file: string): string[] {
  const parent = dirname(file);
  return parent === '.' ? [] : [parent, ...parentsOf(parent)];
}

/** Targets of links that stay in the project, as paths from its root. */
function listLinks(document: string, text: string): string[] {
  return [...text.matchAll(/\]\(([^)\s#]+)(#[^)]*)?\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => posix.normalize(posix.join(dirname(document), target)).replace(/\/$/, ''));
}

/** Links to a heading, of the same document or another one, as `path#anchor`. */
function listAnchorLinks(document: string, text: string): string[] {
  return [...text.matchAll(/\]\(([^)\s#]*)#([^)\s]+)\)/g)]
    .filter(([, target = '']) => !/^[a-z]+:/.test(target))
    .map(
      ([, target = '', anchor = '']) => `${target === '' ? document : posix.normalize(posix.join(dirname(document), target))}#${anchor}`,
    );
}

/** The anchors that the web makes of headings: small letters, no punctuation, `-` for spaces, and a number for the second of a name. */
function listAnchors(document: string): string[] {
  const text = readFileSync(join(PROJECT_ROOT, document), 'utf8').replaceAll(/^```.*?^```/gms, '');
  const seen = new Map<string, number>();
  return [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => {
    const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = words.replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return `${document}#${before === 0 ? anchor : `${anchor}-${before}`}`;
  });
}

/** Code spans that look like a path or the name of a source file. Globs and placeholders are not meant literally. */
function listNamedPaths(text: string): string[] {
  const withoutBlocks = text.replaceAll(/^```.*?^```/gms, '');
  return [...withoutBlocks.matchAll(/`([^`\s]+)`/g)]
    .map(([, span = '']) => span.replace(/\/$/, ''))
    .filter((span) => !/[*<>{}()…:@=$]/.test(span) && (/\w\.(ts|tsx|json|md|service|yml)$/.test(span) || span.includes('/')));
}

/** `wire/rtcp` and `media/engine.ts` are short for what lies in a package's `src`. */
function exists(named: string): boolean {
  if (!named.includes('/')) return FILE_NAMES.has(named);
  const [first = '', ...rest] = named.split('/');
  if (TOP_LEVEL.has(first)) return PATHS.has(named);
  if (!PACKAGES.has(first)) return true;
  return [`packages/${named}`, `packages/${first}/src/${rest.join('/')}`].some((path) => PATHS.has(path) || PATHS.has(`${path}.ts`));
}

/** The path from the root for a short name with a folder in it; undefined if it stands for no file or folder. */
function fullPath(named: string): string | undefined {
  const [first = '', ...rest] = named.split('/');
  return [named, `packages/${first}/src/${rest.join('/')}`].find((path) => PATHS.has(path));
}

/** Bare file names that are not in the folder named last, as the paths at which a reader would look. */
function listMisplaced(text: string): string[] {
  let folder = '';
  return listNamedPaths(text).flatMap((named) => {
    if (!named.includes('/')) return FILE_NAMES.has(named) && !PATHS.has(posix.join(folder, named)) ? [posix.join(folder, named)] : [];
    const path = fullPath(named) ?? folder;
    folder = FILE_NAMES.has(basename(path)) ? dirname(path) : path;
    return [];
  });
}

/** Tables, headings and pictures cannot be wrapped, nor can a single long word. */
function isTooLong(line: string): boolean {
  return line.length > MAX_COLUMNS && !/^\s*[|#!]/.test(line) && /\S\s+\S/.test(line.replace(/^\s*([*-]|\d+\.)\s+/, ''));
}

describe('the documents', () => {
  it.each(DOCUMENTS)('%s links only to what exists', (document) => {
    const text = readFileSync(join(PROJECT_ROOT, document), 'utf8');

    expect(listLinks(document, text).filter((target) => !PATHS.has(target))).toEqual([]);
  });

  it('link only to headings that exist', () => {
    const anchors = new Set(FILES.filter((file) => file.endsWith('.md')).flatMap(listAnchors));
    const links = FILES.filter((file) => file.endsWith('.md')).flatMap((document) =>
      listAnchorLinks(document, readFileSync(join(PROJECT_ROOT, document), 'utf8')),
    );

    expect(links.length).toBeGreaterThan(20);
    expect(links.filter((link) => !anchors.has(link))).toEqual([]);
  });

  it.each(DESCRIPTIONS)('%s names only files and folders that exist', (document) => {
    const text = readFileSync(join(PROJECT_ROOT, document), 'utf8');

    expect(listNamedPaths(text).filter((named) => !exists(named))).toEqual([]);
  });

  it('name files of ARCHITECTURE.md without a folder only where that folder was named last', () => {
    expect(listMisplaced(readFileSync(join(PROJECT_ROOT, 'ARCHITECTURE.md'), 'utf8'))).toEqual([]);
    expect(listMisplaced('`sfu/io/uplink.ts`, `outlet.ts`; `media/router`, `track-router.ts`, `uplink.ts`')).toEqual([
      'packages/media/src/router/uplink.ts',
    ]);
  });

  it.each(HAND_WRITTEN)('%s wraps its prose at 100 columns', (document) => {
    const text = readFileSync(join(PROJECT_ROOT, document), 'utf8').replaceAll(/^```.*?^```/gms, '');

    expect(text.split('\n').filter(isTooLong)).toEqual([]);
  });

  it('include a guide to the code, to working on it, and a log of changes', () => {
    expect(DOCUMENTS).toEqual(expect.arrayContaining(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md']));
    expect(FILES).toContain('CHANGELOG.md');
  });
});

describe('ARCHITECTURE.md', () => {
  it('has a line for every package', () => {
    const text = readFileSync(join(PROJECT_ROOT, 'ARCHITECTURE.md'), 'utf8');

    const missing = [...PACKAGES].filter((name) => !new RegExp(`^\\| \\[\`${name}\`\\]\\(packages/${name}\\) \\|`, 'm').test(text));

    expect(missing).toEqual([]);
  });
});
