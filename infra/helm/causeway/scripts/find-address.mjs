// Asks Kubernetes for the public addresses of the machine that this pod is on, and writes them where the node reads its options.
import { readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';

const {
  MACHINE,
  KUBERNETES_SERVICE_HOST,
  KUBERNETES_SERVICE_PORT = '443',
  ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount',
  FOUND = '/found',
} = process.env;
const read = (name) => readFileSync(`${ACCOUNT}/${name}`, 'utf8');

const options = {
  host: KUBERNETES_SERVICE_HOST,
  port: KUBERNETES_SERVICE_PORT,
  path: `/api/v1/nodes/${MACHINE}`,
  ca: read('ca.crt'),
  headers: { Authorization: `Bearer ${read('token')}`, Accept: 'application/json' },
};
const reply = await new Promise((resolve, reject) => get(options, resolve).on('error', reject));
let text = '';
for await (const chunk of reply) text += chunk;
if (reply.statusCode !== 200) throw new Error(`Kubernetes answered ${reply.statusCode}: ${text}`);
const addresses = JSON.parse(text)
  .status.addresses.filter(({ type }) => type === 'ExternalIP')
  .map(({ address }) => address);
if (addresses.length === 0) throw new Error(`Kubernetes knows no ExternalIP of ${MACHINE}; see media.announce`);
writeFileSync(`${FOUND}/causeway.json`, JSON.stringify({ announcedAddresses: addresses }));
console.log(`${MACHINE} is reached at ${addresses.join(', ')}`);
