/** What the chart promises beyond being valid: a node gets its number, its port and its time to drain, and no rights. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Container, isStatefulSet, type Manifest, type StatefulSet } from './manifest.ts';

const CONFIG_PAGE = readFileSync(resolve(import.meta.dirname, '../../docs/config.md'), 'utf8');
const OPTIONS = new Set([...CONFIG_PAGE.matchAll(/^\| `(CAUSEWAY_\w+)`/gm)].map(([, name]) => name)).add('CAUSEWAY_CONFIG');
const GOODBYE_SECONDS = 3;

/** @returns promises that are broken */
export function listBrokenPromises(manifests: readonly Manifest[], regions: number): readonly string[] {
  const sets = manifests.filter(isStatefulSet);
  const broken = sets.flatMap((set) => brokenBy(set).map((what) => `${set.metadata.name}: ${what}`));
  return sets.length === regions ? broken : [...broken, `there are ${sets.length} StatefulSets for ${regions} regions`];
}

function brokenBy({ spec }: StatefulSet): readonly string[] {
  const { metadata, spec: pod } = spec.template;
  const [node] = pod.containers;
  const value = (name: string): string | undefined => node.env.find((variable) => variable.name === name)?.value;
  const media = node.ports.find(({ name }) => name === 'media');
  const pauseSeconds = node.lifecycle.preStop.sleep.seconds;
  const promises: readonly (readonly [promise: string, isKept: boolean])[] = [
    ['the selector finds its pods', Object.entries(spec.selector.matchLabels).every(([label, text]) => metadata.labels[label] === text)],
    ['the media port is UDP, and the same on the machine', media?.protocol === 'UDP' && media.hostPort === media.containerPort],
    ['the node listens where the port is', value('CAUSEWAY_UDP_PORT') === String(media?.containerPort)],
    [
      'the number of the pod is the number of the node',
      spec.ordinals.start > 0 && numberOf(node) === "metadata.labels['apps.kubernetes.io/pod-index']",
    ],
    [
      'there is time for the pause, the drain and goodbyes',
      pod.terminationGracePeriodSeconds >= pauseSeconds + Number(value('CAUSEWAY_DRAIN_SECONDS')) + GOODBYE_SECONDS,
    ],
    ['Kubernetes adds no options of its own', pod.enableServiceLinks === false],
    ['the node gets no credentials of the cluster', pod.automountServiceAccountToken === false],
    ['the node is not root', pod.securityContext.runAsNonRoot === true && pod.securityContext.runAsUser === 1000],
    ['the node has no rights and no disk to write to', isConfined(node)],
  ];
  const unknown = node.env.filter(({ name }) => name.startsWith('CAUSEWAY_') && !OPTIONS.has(name));
  return [
    ...promises.filter(([, isKept]) => !isKept).map(([promise]) => `it is not so that ${promise}`),
    ...unknown.map(({ name }) => `there is no option ${name}`),
  ];
}

function numberOf(node: Container): string | undefined {
  return node.env.find(({ name }) => name === 'CAUSEWAY_NODE')?.valueFrom?.fieldRef?.fieldPath;
}

function isConfined({ securityContext }: Container): boolean {
  const { allowPrivilegeEscalation, readOnlyRootFilesystem, capabilities } = securityContext;
  return allowPrivilegeEscalation === false && readOnlyRootFilesystem === true && JSON.stringify(capabilities) === '{"drop":["ALL"]}';
}
