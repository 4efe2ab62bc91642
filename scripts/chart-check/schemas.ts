/**
 * Kubernetes' own schemas, as `kubernetes-models` compiles them, and its types. The schemas say what values may be but let unknown fields
 * pass; for TypeScript, an unknown field in a literal is an error.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Manifest } from './manifest.ts';

const TSC = resolve(import.meta.dirname, '../../node_modules/.bin/tsc');
const OPERATOR_GROUP = 'monitoring.coreos.com/';

/** The module that has the class and the type `I…` of a kind. */
function moduleOf({ apiVersion, kind }: Manifest): string {
  const vendor = apiVersion.startsWith(OPERATOR_GROUP) ? '@kubernetes-models/prometheus-operator' : 'kubernetes-models';
  return `${vendor}/${apiVersion}/${kind}`;
}

/** @returns what is wrong with the values of an object */
export async function listWrongValues(tools: string, manifest: Manifest): Promise<readonly string[]> {
  const file = join(tools, 'node_modules', `${moduleOf(manifest)}.js`);
  const models: Readonly<Record<string, new (data: unknown) => { validate(): void }>> = await import(pathToFileURL(file).href);
  const Model = models[manifest.kind];
  if (Model === undefined) return [`there is no ${manifest.kind} in ${manifest.apiVersion}`];
  try {
    new Model(manifest).validate();
    return [];
  } catch (error) {
    return [`${manifest.kind} ${manifest.metadata.name}: ${(error as Error).message}`];
  }
}

/** @returns what the compiler says of objects with fields that do not exist, or of other types */
export function listWrongFields(tools: string, manifests: readonly Manifest[]): readonly string[] {
  const folder = join(tools, 'literals');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [index, manifest] of manifests.entries()) {
    const type = `import type { I${manifest.kind} } from '${moduleOf(manifest)}';\n`;
    writeFileSync(
      join(folder, `${index}.ts`),
      `${type}export const object: I${manifest.kind} = ${JSON.stringify(manifest, undefined, 1)};\n`,
    );
  }
  const options = { noEmit: true, strict: true, module: 'nodenext', target: 'es2024', skipLibCheck: true, types: [] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['*.ts'] }));
  const { stdout } = spawnSync(TSC, ['-p', folder], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line.includes('error TS'));
}

/** Reads YAML with several documents. */
export async function parseYaml<Document>(tools: string, text: string): Promise<readonly Document[]> {
  const file = createRequire(join(tools, 'package.json')).resolve('yaml');
  const yaml: { parseAllDocuments(text: string): { toJS(): Document | null }[] } = await import(pathToFileURL(file).href);
  return yaml
    .parseAllDocuments(text)
    .map((document) => document.toJS())
    .filter((document) => document !== null);
}
