/** Runs the script of the chart's first container against an API of Kubernetes' form. */
import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const SCRIPT = resolve(import.meta.dirname, '../../infra/helm/causeway/scripts/find-address.mjs');
const TOKEN = 'a-token-of-the-service-account';
const MACHINES: Readonly<Record<string, readonly { readonly type: string; readonly address: string }[]>> = {
  'behind-nat': [
    { type: 'InternalIP', address: '10.0.0.7' },
    { type: 'ExternalIP', address: '203.0.113.7' },
    { type: 'ExternalIP', address: '2001:db8::7' },
  ],
  'without-address': [{ type: 'InternalIP', address: '10.0.0.8' }],
};

/** @returns what is wrong with it */
export async function findAddressIn(tools: string): Promise<readonly string[]> {
  const folder = join(tools, 'account');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const certificate = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1', ...names];
  execFileSync('openssl', [...certificate, '-keyout', 'key.pem', '-out', 'ca.crt'], { cwd: folder, stdio: 'ignore' });
  writeFileSync(join(folder, 'token'), TOKEN);
  const server = createServer({ key: readFileSync(join(folder, 'key.pem')), cert: readFileSync(join(folder, 'ca.crt')) });
  server.on('request', (request, response) => {
    const addresses = MACHINES[/^\/api\/v1\/nodes\/([\w-]+)$/.exec(request.url ?? '')?.[1] ?? ''];
    const isAllowed = request.headers.authorization === `Bearer ${TOKEN}`;
    response.statusCode = isAllowed && addresses !== undefined ? 200 : 403;
    response.end(JSON.stringify({ status: { addresses } }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const find = async (machine: string): Promise<string> => {
    const place = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String((server.address() as AddressInfo).port) };
    const env = { ...place, MACHINE: machine, ACCOUNT: folder, FOUND: folder };
    return promisify(execFile)(process.execPath, [SCRIPT], { env }).then(
      () => readFileSync(join(folder, 'causeway.json'), 'utf8'),
      (error: { readonly stderr: string }) => error.stderr,
    );
  };
  const expected = [
    ['behind-nat', '{"announcedAddresses":["203.0.113.7","2001:db8::7"]}'],
    ['without-address', 'knows no ExternalIP of without-address'],
    ['unknown', 'Kubernetes answered 403'],
  ] as const;
  const mistakes: string[] = [];
  for (const [machine, wanted] of expected) {
    const found = await find(machine);
    if (!found.includes(wanted)) mistakes.push(`${machine}: ${found}`);
  }
  server.close();
  return mistakes;
}
