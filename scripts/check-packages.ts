/**
 * Checks tarballs as `scripts/pack` makes them: that their manifests say what is in them (publint), and that TypeScript finds types that fit
 * the code, wherever packages like ours can be imported (Are the types wrong?).
 *
 *   node scripts/check-packages.ts FOLDER     prints what is wrong, and nothing otherwise
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData, type Problem } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

/** Where a package that is an ES module alone cannot be imported, by design: `require` before Node 22, and TypeScript's oldest ways. */
const IMPOSSIBLE_FOR_MODULES = new Set(['node10', 'node16-cjs']);

async function listMistakes(tarball: Buffer<ArrayBuffer>): Promise<readonly string[]> {
  const { messages, pkg } = await publint({
    pack: { tarball: tarball.buffer.slice(tarball.byteOffset, tarball.byteOffset + tarball.length) },
    strict: true,
  });
  const types = await checkPackage(createPackageFromTarballData(tarball));
  // The console has none: it is files that a node serves.
  const problems = types.types === false ? [] : types.problems.filter(concernsModules);
  return [...messages.map((message) => formatMessage(message, pkg) ?? message.code), ...problems.map((problem) => JSON.stringify(problem))];
}

function concernsModules(problem: Problem): boolean {
  return !('resolutionKind' in problem && IMPOSSIBLE_FOR_MODULES.has(problem.resolutionKind));
}

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('node scripts/check-packages.ts FOLDER\n');
  process.exit(2);
}
const tarballs = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
if (tarballs.length === 0) {
  process.stderr.write(`${folder} has no tarballs\n`);
  process.exitCode = 2;
}
for (const name of tarballs) {
  for (const mistake of await listMistakes(readFileSync(join(folder, name)))) {
    process.stdout.write(`${name}: ${mistake}\n`);
    process.exitCode = 1;
  }
}
