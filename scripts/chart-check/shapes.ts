/** Values with which the chart is rendered: as it comes, and with everything that can be turned on. */

export interface Shape {
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
}

const THREE_REGIONS = [
  {
    name: 'frankfurt',
    firstNode: 101,
    location: '50.11,8.68',
    replicas: 2,
    nodeSelector: { 'topology.kubernetes.io/region': 'eu-central-1' },
  },
  { name: 'new-york', firstNode: 201, location: '40.71,-74.01', replicas: 3 },
  {
    name: 'singapore',
    firstNode: 301,
    location: '1.35,103.82',
    replicas: 1,
    tolerations: [{ key: 'media', operator: 'Exists', effect: 'NoSchedule' }],
  },
];

export const SHAPES: readonly Shape[] = [
  { name: 'as it comes', values: {} },
  {
    name: 'three regions with everything',
    values: {
      regions: THREE_REGIONS,
      image: { repository: 'registry.example.com/causeway', pullSecrets: ['registry'] },
      media: { announce: 'ExternalIP', port: 3478 },
      internal: { url: 'https://$(POD_NAME).example.com', linkAddress: '$(HOST_IP):3478' },
      trustedProxies: ['10.0.0.0/8', 'fd00::/8'],
      ingress: { enabled: true, className: 'nginx', annotations: { 'nginx.ingress.kubernetes.io/proxy-buffering': 'off' } },
      metrics: { enabled: true, podMonitor: true },
      persistence: { enabled: true, storageClassName: 'fast' },
      extraEnv: [{ name: 'CAUSEWAY_WORKERS', value: 'auto' }],
    },
  },
  {
    name: 'without a disk, with a drain of an hour',
    values: { persistence: { enabled: false }, drainSeconds: 3600, regions: THREE_REGIONS },
  },
];

/** Values that must be refused, and a part of what Helm says then. */
export const REFUSED: readonly (Shape & { readonly says: string })[] = [
  { name: 'an option that does not exist', values: { drainSecond: 60 }, says: 'drainSecond' },
  { name: 'no region', values: { regions: [] }, says: 'regions' },
  {
    name: 'two regions whose nodes would have the same numbers',
    values: {
      regions: [
        { ...THREE_REGIONS[0], replicas: 5 },
        { ...THREE_REGIONS[1], firstNode: 103 },
      ],
    },
    says: 'the numbers of frankfurt and new-york overlap',
  },
];
