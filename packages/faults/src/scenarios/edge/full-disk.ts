import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { RedisServer } from '@causeway/lab';
import { atLeast, atMost, exactly, type Finding } from '../finding.ts';
import { timeUntil } from '../lab.ts';
import type { EdgeScenario } from '../scenario.ts';
import { EdgeCall, losslessCall } from './edge-call.ts';
import type { EdgeLab } from './edge-lab.ts';

const run = promisify(execFile);
const REDIS_PORT = 6379;
const DISK_BYTES = 65_536;
const PIECE_BYTES = 1_024;
/** Usage is collected every five seconds. */
const FULL_MS = 12_000;
const WRITTEN_WITHIN_MS = 12_000;
const BILLED_WITHIN_MS = 20_000;
const FILLER = 'filler';
const USED = 'causeway_usage_bytes_total{metric="down"}';

/** A journal that cannot be written costs nothing but itself, and contains everything again once it can be written. */
export const fullDisk: EdgeScenario = {
  place: 'edge',
  name: 'full-disk',
  covers: ['E10'],
  title: 'The disk under the usage journal is full while Redis is away, then has room, and the node is killed',
  async run(lab) {
    const folder = await mkdtemp(join(tmpdir(), 'causeway-disk-'));
    await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', folder]);
    const redis = await RedisServer.start({ port: REDIS_PORT, within: (command) => lab.room.command('node', command) });
    try {
      return await useUp(lab, redis, folder);
    } finally {
      await redis.stop();
      // The node has open files there.
      await run('umount', ['--lazy', folder]);
      await rm(folder, { recursive: true });
    }
  },
};

async function useUp(lab: EdgeLab, redis: RedisServer, folder: string): Promise<Finding[]> {
  const environment = {
    CAUSEWAY_REDIS_URL: redis.url,
    CAUSEWAY_CLUSTER_KEY: randomBytes(32).toString('hex'),
    CAUSEWAY_NODE: '101',
    CAUSEWAY_USAGE_FOLDER: folder,
  };
  const node = await lab.startNode({ environment });
  const call = await EdgeCall.open(lab, { publishers: 1, watchers: 3 });
  await fill(join(folder, FILLER));
  redis.child.signal('SIGSTOP');
  await call.beginWindow();
  await sleep(FULL_MS);
  const complaints = node.child.log.split('usage cannot be stored on disk').length - 1;
  const lossless = await losslessCall('while the disk was full', call);
  await rm(join(folder, FILLER));
  const writtenMs = await timeUntil(async () => (await keptBytes(folder)) >= (await node.metric(USED)), 2 * WRITTEN_WITHIN_MS);
  const usedBytes = await keptBytes(folder);
  await node.child.kill();
  redis.child.signal('SIGCONT');
  const next = await lab.startNode({ environment });
  const billedMs = await timeUntil(async () => (await next.billedBytes()) >= usedBytes, 2 * BILLED_WITHIN_MS);
  return [
    atLeast('times that the log said that usage is not kept', complaints, 1),
    ...lossless,
    atMost('from when there was room until the journal had all that was used', writtenMs, WRITTEN_WITHIN_MS, ' ms'),
    atMost('from when it was started again until all of that was billed', billedMs, BILLED_WITHIN_MS, ' ms'),
    exactly('bytes in the journal and not billed', Math.max(0, usedBytes - (await next.billedBytes())), 0),
    ...(await lab.verdict()),
  ];
}

async function fill(path: string): Promise<void> {
  for (;;) {
    const outcome = await appendFile(path, Buffer.alloc(PIECE_BYTES)).then(
      () => 'written',
      ({ code }: NodeJS.ErrnoException) => code,
    );
    if (outcome === 'ENOSPC') return;
    if (outcome !== 'written') throw new Error(`The disk could not be filled: ${outcome}`);
  }
}

/** Returns the bytes to be billed that the journal contains in complete lines. */
async function keptBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.ndjson'))) {
    for (const line of (await readFile(join(folder, file), 'utf8')).split('\n')) {
      if (line.startsWith('{"batch":') && line.endsWith('}')) bytes += (JSON.parse(line) as JournalLine).batch.bytes.down;
    }
  }
  return bytes;
}

interface JournalLine {
  readonly batch: { readonly bytes: { readonly down: number } };
}
