import { type NodeState, StaticNodeDirectory } from '@causeway/sfu';
import { createStartingApp } from '../../src/daemon/gateway-app.ts';
import { announceLoad, Lifecycle, waitUntilEmpty } from '../../src/daemon/lifecycle.ts';
import { MemorySfu } from '../support/memory-sfu.ts';
import { recordOf } from '../support/test-cluster.ts';
import { serve, silentLogger } from '../support/test-server.ts';

const self = recordOf({ nodeNo: 101 }, 'http://192.0.2.1');

function directoryWith(...states: NodeState[]): StaticNodeDirectory {
  return new StaticNodeDirectory(
    self,
    states.map((state, index) => ({ ...self, nodeNo: 200 + index, state })),
  );
}

describe('readiness', () => {
  test('begins with the end of the start, and ends with the beginning of the end', () => {
    const [lifecycle, sfu] = [new Lifecycle(), new MemorySfu()];
    const states = [lifecycle.readiness(sfu, undefined)];

    lifecycle.noteServing();
    states.push(lifecycle.readiness(sfu, undefined));
    lifecycle.noteDraining();
    lifecycle.noteServing();
    states.push(lifecycle.readiness(sfu, undefined));

    expect(states).toEqual(['starting', 'ready', 'draining']);
  });

  test('ends with the SFU, whatever closed it', async () => {
    const [lifecycle, sfu] = [new Lifecycle(), new MemorySfu()];
    lifecycle.noteServing();

    await sfu.close();

    expect(lifecycle.readiness(sfu, undefined)).toBe('draining');
  });

  test.each<[others: NodeState[] | undefined, readiness: string]>([
    [undefined, 'ready'],
    [[], 'ready'],
    [['stressed', 'draining'], 'ready'],
    [['stressed', 'serving'], 'stressed'],
  ])('a full node among nodes that are %j is %s', (others, readiness) => {
    const [lifecycle, sfu] = [new Lifecycle(), new MemorySfu()];
    lifecycle.noteServing();
    sfu.loadShare = 1;

    expect(lifecycle.readiness(sfu, others && directoryWith(...others))).toBe(readiness);
  });
});

describe('until it has started', () => {
  test('a node is alive, not ready, and asks to come back', async () => {
    const server = await serve(createStartingApp('test-region', silentLogger));
    const [alive, ready, call] = await Promise.all([
      server.send('GET', '/healthz'),
      server.send('GET', '/readyz'),
      server.send('GET', '/api/sfu/app/sessions'),
    ]);
    await server.close();

    expect(alive).toMatchObject({ status: 200, json: { status: 'alive' } });
    expect(ready).toMatchObject({ status: 503, json: { status: 'starting' } });
    expect(call).toMatchObject({ status: 503, json: { errorCode: 'no_capacity', retryable: true, retryAfterMs: 1000 } });
    expect(call.headers.get('Retry-After')).toBe('1');
  });
});

describe('as time passes', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  test('other nodes are told how full this one is, when that changes by enough', () => {
    const [sfu, directory] = [new MemorySfu(), directoryWith()];
    const told = jest.spyOn(directory, 'announce');
    const stop = announceLoad(sfu, directory);

    for (const share of [0.04, 0.05, 0.07, 1, 1, 0.5]) {
      sfu.loadShare = share;
      jest.advanceTimersByTime(1_000);
    }
    stop();
    sfu.loadShare = 0;
    jest.advanceTimersByTime(10_000);

    expect(told.mock.calls.map(([change]) => change)).toEqual([
      { state: 'serving', load: 0.05 },
      { state: 'stressed', load: 1 },
      { state: 'serving', load: 0.5 },
    ]);
  });

  test('a node that is about to end keeps saying so, however full it is', () => {
    const [sfu, directory] = [new MemorySfu(), directoryWith()];
    const stop = announceLoad(sfu, directory);
    directory.announce({ state: 'draining' });

    sfu.loadShare = 0.5;
    jest.advanceTimersByTime(5_000);
    stop();

    expect(directory.self).toMatchObject({ state: 'draining', load: 0 });
  });

  test.each<[what: string, sessions: (nowMs: number) => number, endsAtMs: number]>([
    ['there are no sessions', () => 0, 0],
    ['the last one has gone', (nowMs) => (nowMs < 5_000 ? 1 : 0), 5_000],
    ['the time is over', () => 1, 60_000],
    ['a second signal comes', () => 1, 30_000],
  ])('draining ends when %s', async (_what, sessions, endsAtMs) => {
    const enough = new AbortController();
    if (endsAtMs === 30_000) setTimeout(() => enough.abort(), endsAtMs);
    const startMs = Date.now();
    let endedAtMs: number | undefined;

    void waitUntilEmpty(() => sessions(Date.now() - startMs), 60_000, enough.signal).then(() => {
      endedAtMs = Date.now() - startMs;
    });
    await jest.advanceTimersByTimeAsync(90_000);

    expect(endedAtMs).toBe(endsAtMs);
    expect(jest.getTimerCount()).toBe(0);
  });
});
