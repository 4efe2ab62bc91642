/** `scripts/chart`: renders the chart in every shape and says what is wrong with it. Its argument is the folder of the tools. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findAddressIn } from './find-address.ts';
import { callHelm } from './helm.ts';
import type { Manifest } from './manifest.ts';
import { listBrokenPromises } from './promises.ts';
import { listWrongFields, listWrongValues, parseYaml } from './schemas.ts';
import { REFUSED, SHAPES, type Shape } from './shapes.ts';

const [tools = ''] = process.argv.slice(2);
const DEFAULT_REGIONS = 1;

function report(what: string, mistakes: readonly string[]): void {
  process.stdout.write(`${mistakes.length === 0 ? 'ok  ' : 'NOT '} ${what}\n${mistakes.map((mistake) => `     ${mistake}\n`).join('')}`);
  if (mistakes.length > 0) process.exitCode = 1;
}

/** The values that the guide shows. */
async function readGuideShape(): Promise<Shape> {
  const guide = await readFile(join(import.meta.dirname, '../../docs/operate/kubernetes.md'), 'utf8');
  const [values] = await parseYaml<Record<string, unknown>>(tools, /^```yaml\n(.*?)^```/ms.exec(guide)?.[1] ?? '');
  return { name: 'as docs/operate/kubernetes.md shows', values: values ?? {} };
}

for (const { name, values } of [...SHAPES, await readGuideShape()]) {
  const lint = callHelm(tools, ['lint', '--strict'], values);
  const rendered = callHelm(tools, ['template', 'causeway'], values);
  report(
    `${name}: Helm takes it`,
    [lint, rendered].filter(({ status }) => status !== 0).map(({ output }) => output),
  );
  if (rendered.status !== 0) continue;
  const manifests = await parseYaml<Manifest>(tools, rendered.output);
  const wrongValues = (await Promise.all(manifests.map((manifest) => listWrongValues(tools, manifest)))).flat();
  report(`${name}: ${manifests.length} objects fit the schemas of Kubernetes`, wrongValues);
  report(`${name}: they have no fields that do not exist`, listWrongFields(tools, manifests));
  const regions = Array.isArray(values.regions) ? values.regions.length : DEFAULT_REGIONS;
  report(`${name}: nodes get what they need and no more`, listBrokenPromises(manifests, regions));
  // Without this the checks might not check anything.
  const [first] = manifests.filter(({ kind }) => kind === 'StatefulSet').map((set) => JSON.stringify(set));
  const misspelled = JSON.parse((first ?? '').replace('"hostPort"', '"hostport"').replace('"replicas":', '"replicas":"many","count":'));
  const isNoticed = listWrongFields(tools, [misspelled]).length > 0 && (await listWrongValues(tools, misspelled)).length > 0;
  report(`${name}: a misspelled field and a wrong value would be noticed`, isNoticed ? [] : ['they are not']);
}
for (const { name, values, says } of REFUSED) {
  const { status, output } = callHelm(tools, ['template', 'causeway'], values);
  report(`${name}: is refused`, status !== 0 && output.includes(says) ? [] : [`Helm said: ${output.slice(0, 500)}`]);
}
report('a pod behind NAT learns its address from Kubernetes', await findAddressIn(tools));
