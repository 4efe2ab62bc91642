/** Real daemons and a real Redis: events of a node that is killed while Redis does not answer. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { RedisServer } from '@causeway/lab';
import { APP, joinCluster, OFFER } from '../support/cluster-daemons.ts';
import { killDaemons } from '../support/running-daemon.ts';

jest.setTimeout(120_000);

let redis: RedisServer;
let folder: string;

beforeAll(async () => {
  redis = await RedisServer.start();
  folder = await mkdtemp(joinPath(tmpdir(), 'causeway-events-'));
});
afterAll(async () => {
  await killDaemons();
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
});

interface HeardEvent {
  readonly id: string;
  readonly type: string;
  readonly sessionId: string;
}

/** Reads a stream of events until it has so many of a type. */
async function hear(response: Response, count: number, type = 'session.created'): Promise<readonly HeardEvent[]> {
  const heard: HeardEvent[] = [];
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('data: ')) heard.push(JSON.parse(line.slice(6)) as HeardEvent);
    if (heard.filter((event) => event.type === type).length >= count) break;
  }
  return heard;
}

test('clients at another node hear each of them once, in order, when the node is back', async () => {
  const environment = { ...APP, CAUSEWAY_USAGE_FOLDER: folder };
  const first = await joinCluster(redis.url, 221, 'eu', environment);
  const second = await joinCluster(redis.url, 222, 'us', APP);
  const stream = await second.call('GET', '/events');
  const create = async (): Promise<string> =>
    ((await (await first.call('POST', '/session/new?region=eu', OFFER)).json()) as HeardEvent).sessionId;

  const sessions = [await create(), await create()];
  redis.pause();
  sessions.push(await create());
  first.daemon.child.kill('SIGKILL');
  redis.resume();
  const back = await joinCluster(redis.url, 221, 'eu', environment);
  sessions.push(((await (await back.call('POST', '/session/new?region=eu', OFFER)).json()) as HeardEvent).sessionId);
  const heard = await hear(stream, 4);

  const created = heard.filter(({ type }) => type === 'session.created').map(({ sessionId }) => sessionId);
  expect(created.toSorted()).toEqual(sessions.toSorted());
  expect(heard.map(({ type }) => type)).not.toContain('events.lost');
  // The log begins with a mark, which the client has passed; that nothing was lost since leaves it the only one.
  for (const { id } of heard) expect(id).toMatch(/^\d+-\d+(~\d+-\d+~\d+-\d+)?$/);
});
