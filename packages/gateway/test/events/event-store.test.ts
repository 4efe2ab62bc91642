import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppId } from '@causeway/protocol';
import type { LoggedEvent } from '../../src/events/event-log.ts';
import { type EventStore, openEventStore } from '../../src/events/event-store.ts';

const APP = AppId.parse('demo');
const NOW_MS = Date.UTC(2026, 10, 30);
const LIFE = { nodeNo: 101, epoch: 7 };

let folder: string;
const opened: EventStore[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'causeway-events-'));
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close()));
  await rm(folder, { recursive: true, force: true });
});

async function open(nodeNo = 101): Promise<EventStore> {
  const onFailure = (error: unknown) => {
    throw error;
  };
  const store = await openEventStore({ folder, nodeNo, wallClock: () => NOW_MS, onFailure });
  opened.push(store);
  return store;
}

function event(serial: number, atMs = NOW_MS): LoggedEvent {
  return { serial, atMs, sessionId: 'session', type: 'session.created', json: `{"no":${serial}}` };
}

test('keeps events and the ids that they got for the next life, by life, in order', async () => {
  const first = await open();
  const [one, two] = [event(1), event(2)];
  first.keep(APP, one);
  first.begin(7);
  first.keep(APP, two);
  first.noteAppended(APP, LIFE, new Map([[one, '1764518400123-0']]));
  await first.close();
  const second = await open();
  second.begin(8);
  second.keep(APP, event(3));
  await second.close();

  const { former } = await open();

  expect(former.map(({ life }) => life)).toEqual([LIFE, { nodeNo: 101, epoch: 8 }]);
  expect(former.map(({ events }) => events.get(APP))).toEqual([[one, two], [event(3)]]);
  expect([...(former[0]?.ids ?? [])]).toEqual([[one, '1764518400123-0']]);
});

test('forgets what is older than ten minutes, and knows nothing of other nodes', async () => {
  const first = await open();
  first.begin(7);
  first.keep(APP, event(1, NOW_MS - 10 * 60_000 - 1));
  first.keep(APP, event(2, NOW_MS - 10 * 60_000));
  await first.close();

  const { former } = await open();

  expect(former.flatMap(({ events }) => events.get(APP) ?? []).map(({ serial }) => serial)).toEqual([2]);
  expect((await open(102)).former).toEqual([]);
});

test('a process that is killed leaves what it has kept', async () => {
  const program = join(folder, 'victim.ts');
  const source = new URL('../../src/events/event-store.ts', `file://${__filename}`).href;
  await writeFile(
    program,
    `import { openEventStore } from ${JSON.stringify(source)};
     const store = await openEventStore({ folder: ${JSON.stringify(folder)}, nodeNo: 101, wallClock: () => ${NOW_MS}, onFailure: console.error });
     store.begin(7);
     for (let serial = 1; serial <= 500; serial++) store.keep('demo', { serial, atMs: ${NOW_MS}, sessionId: undefined, type: 'session.created', json: '{}' });
     setTimeout(() => process.send('kept'), 300);
     setInterval(() => {}, 1000);`,
  );
  const victim = fork(program, { execArgv: ['--conditions=causeway-source', '--disable-warning=ExperimentalWarning'] });
  await once(victim, 'message');
  victim.kill('SIGKILL');
  await once(victim, 'exit');

  const { former } = await open();

  expect(former[0]?.events.get(APP)).toHaveLength(500);
});

test('a file that cannot be used is an error of the start', async () => {
  await mkdir(join(folder, 'events-101.sqlite'));

  await expect(open()).rejects.toMatchObject({ code: 'ERR_SQLITE_ERROR' });
});

test('goes on when the disk has room again, and says once that it had none', async () => {
  const failures: unknown[] = [];
  const store = await openEventStore({ folder, nodeNo: 101, wallClock: () => NOW_MS, onFailure: (error) => failures.push(error) });
  store.begin(7);
  const other = new DatabaseSync(join(folder, 'events-101.sqlite'));
  other.exec('BEGIN EXCLUSIVE');
  for (const serial of [1, 2]) {
    store.keep(APP, event(serial));
    await new Promise((resolve) => setImmediate(resolve));
  }
  while (failures.length === 0) await new Promise((resolve) => setImmediate(resolve));
  other.exec('ROLLBACK');
  other.close();
  store.keep(APP, event(3));
  await store.close();

  const { former } = await open();

  expect(failures).toHaveLength(1);
  expect(former[0]?.events.get(APP)?.at(-1)).toEqual(event(3));
});
