/** `npm run cluster`, as somebody types it: three regions serve, one of them may die, and one signal to npm ends all of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PROJECT_ROOT } from '@causeway/lab';
import { seededRandom } from '@causeway/testkit';
import { REGIONS } from '../../src/cluster/region-plan.ts';
import { findFreeBasePort } from '../../src/cluster/running-cluster.ts';

jest.setTimeout(120_000);

test('three regions serve, two when one is killed, until npm is told to end, and none of their processes is left then', async () => {
  const basePort = await findFreeBasePort(seededRandom(process.pid));
  const npm = spawn('npm', ['run', '--silent', 'cluster'], {
    cwd: PROJECT_ROOT,
    env: { ...process.env, CAUSEWAY_CLUSTER_PORT: String(basePort) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(npm, 'close');
  const written = await new Promise<string>((resolve, reject) => {
    let text = '';
    npm.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('Stop it')) resolve(text);
    });
    npm.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    npm.on('close', () => reject(new Error(`it ended:\n${text}`)));
  });
  const urls = REGIONS.map((_, index) => `http://127.0.0.1:${basePort + index + 1}/readyz`);
  const statuses = await Promise.all(urls.map(async (url) => (await fetch(url)).status));

  const [, pid = ''] = /Break it .* us (\d+)/.exec(written) ?? [];
  process.kill(Number(pid), 'SIGKILL');
  const afterDeath = await Promise.allSettled(urls.map(async (url) => (await fetch(url)).status));
  npm.kill('SIGTERM');
  // Their output is the same pipe: it closes when the last of them has gone.
  await ended;

  expect(written).toContain(`http://localhost:${basePort + 1}/#app=`);
  expect(statuses).toEqual([200, 200, 200]);
  expect(afterDeath.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  const afterwards = await Promise.allSettled([...urls.map((url) => fetch(url))]);
  expect(afterwards.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
});
