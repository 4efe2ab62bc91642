import { SfuError } from '@causeway/protocol';
import { ScriptedClient } from '@causeway/testkit/mesh';
import type { SfuAssembly } from '../../src/assemble-sfu.ts';
import { ScriptedLoad } from '../doubles/scripted-load.ts';
import { APP, OTHER_APP, SfuUnderTest } from '../doubles/sfu-under-test.ts';

class BusyNode extends SfuUnderTest {
  readonly load: ScriptedLoad;

  constructor(changes: Partial<SfuAssembly> = {}) {
    const load = new ScriptedLoad();
    super({ load, ...changes });
    this.load = load;
  }

  create(appId = APP) {
    const client = new ScriptedClient();
    client.addTransceiver('video', { direction: 'recvonly' });
    return this.sfu.createSession(appId, { sessionDescription: client.createOffer() });
  }

  /** Why the next session would be refused, by trying. */
  async refusal(): Promise<SfuError | undefined> {
    const error: unknown = await this.create().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error === undefined || error instanceof SfuError) return error;
    throw error;
  }
}

describe('a node whose uplink is full', () => {
  test('refuses sessions once it has lost one datagram in a hundred in each of two seconds', async () => {
    const node = new BusyNode();
    node.load.passSeconds(1, { uplinkLossRatio: 0.02 });
    const once = await node.refusal();
    node.load.passSeconds(1, { uplinkLossRatio: 0.009 });
    node.load.passSeconds(1, { uplinkLossRatio: 0.02 });
    const apart = await node.refusal();

    node.load.passSeconds(1, { uplinkLossRatio: 0.02 });
    const refusal = await node.refusal();

    expect([once, apart]).toEqual([undefined, undefined]);
    expect(refusal).toMatchObject({
      code: 'no_capacity',
      message: 'the network of this node takes no more; try again later, or elsewhere',
    });
    expect(node.sfu.load().isFull).toBe(true);
  });

  test('accepts sessions again after five seconds of almost no loss', async () => {
    const node = new BusyNode();
    node.load.passSeconds(2, { uplinkLossRatio: 0.6 });
    node.load.passSeconds(4, { uplinkLossRatio: 0.001 });
    const almost = await node.refusal();

    node.load.passSeconds(1, { uplinkLossRatio: 0 });

    expect(almost).toBeDefined();
    expect(await node.refusal()).toBeUndefined();
  });
});

describe('a node with an event loop that is late', () => {
  test('accepts sessions for ten seconds, then refuses them and says when to retry', async () => {
    const node = new BusyNode();
    node.load.passSeconds(9, { delayMs: 51 });
    const before = await node.refusal();

    node.load.passSeconds(1, { delayMs: 51 });
    const refusal = await node.refusal();

    expect(before).toBeUndefined();
    expect(refusal).toMatchObject({ code: 'no_capacity', message: 'this node is too busy; try again later, or elsewhere' });
    expect(refusal?.retryAfterMs).toBeGreaterThanOrEqual(1_000);
    expect(refusal?.retryAfterMs).toBeLessThan(5_000);
  });

  test('refuses sessions after two seconds if it is four times as late', async () => {
    const node = new BusyNode();

    node.load.passSeconds(2, { delayMs: 201 });

    expect(await node.refusal()).toMatchObject({ code: 'no_capacity' });
  });

  test('accepts sessions again only after five seconds below half the limit', async () => {
    const node = new BusyNode();
    node.load.passSeconds(10, { delayMs: 51 });
    node.load.passSeconds(30, { delayMs: 26 });
    const between = await node.refusal();
    node.load.passSeconds(4, { delayMs: 24 });
    const almost = await node.refusal();

    node.load.passSeconds(1, { delayMs: 24 });

    expect(between).toBeDefined();
    expect(almost).toBeDefined();
    expect(await node.refusal()).toBeUndefined();
  });

  test('accepts sessions if it is not its own work that makes it late', async () => {
    const node = new BusyNode();

    node.load.passSeconds(60, { delayMs: 300, utilization: 0.3 });

    expect(await node.refusal()).toBeUndefined();
  });

  test('continues to serve its existing sessions', async () => {
    const node = new BusyNode();
    const publisher = await node.joinPublisher('camera');
    const client = new ScriptedClient();
    client.addTransceiver('video', { direction: 'recvonly' });
    const viewer = await node.join(client);

    node.load.passSeconds(10, { delayMs: 500 });
    await viewer.receive(publisher.track('camera'));

    expect(node.shard.subscriptions.size).toBe(1);
    expect(node.sfu.isReady()).toBe(true);
  });
});

describe('a node short of memory', () => {
  test('refuses sessions above four fifths and accepts them again below seven tenths', async () => {
    const node = new BusyNode();
    const refusals: boolean[] = [];

    for (const memoryShare of [0.79, 0.81, 0.75, 0.69]) {
      node.load.passSeconds(1, { memoryShare });
      refusals.push((await node.refusal()) !== undefined);
    }

    expect(refusals).toEqual([false, true, true, false]);
  });

  test('lets go of packets kept for retransmission above nine tenths', () => {
    const node = new BusyNode();

    node.load.passSeconds(1, { memoryShare: 0.9 });
    const before = [...node.shard.log];
    node.load.passSeconds(1, { memoryShare: 0.91 });

    expect(before).toEqual([]);
    expect(node.shard.log).toEqual(['forget-histories']);
  });
});

describe('a node with as many sessions as it may have', () => {
  test('refuses the next one until one has ended', async () => {
    const node = new BusyNode({ overload: { maxSessions: 2 } });
    const { sessionId } = await node.create();
    await node.create();
    const full = await node.refusal();

    await node.sfu.deleteSession(APP, sessionId);

    expect(full).toMatchObject({ code: 'no_capacity', message: 'this node has as many sessions as it may; try again later, or elsewhere' });
    expect(await node.refusal()).toBeUndefined();
  });

  test('counts the clients that wait for their turn', async () => {
    const node = new BusyNode({ overload: { maxSessions: 2 } });

    const results = await Promise.allSettled([node.create(), node.create(), node.create()]);

    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  });
});

describe('a rush of joins', () => {
  test('is refused beyond what can wait, and another app is served before the rest of the rush', async () => {
    const turns: (() => void)[] = [];
    const node = new BusyNode({ nextTurn: (callback) => turns.push(callback) });
    const outcomes: string[] = [];
    const join = (appId: typeof APP, name: string) =>
      node.create(appId).then(
        () => outcomes.push(name),
        () => outcomes.push(`${name} refused`),
      );

    const joins = [...Array.from({ length: 130 }, () => join(APP, 'rush')), join(OTHER_APP, 'other')];
    await new Promise(setImmediate);
    const atOnce = [...outcomes];
    for (let turn = 0; turn < 2; turn++) {
      turns.shift()?.();
      await new Promise(setImmediate);
    }
    const afterTwoTurns = outcomes.slice(atOnce.length);
    while (turns.length > 0) {
      turns.shift()?.();
      await new Promise(setImmediate);
    }
    await Promise.all(joins);

    expect(atOnce.toSorted()).toEqual(['rush', 'rush refused']);
    expect(afterTwoTurns).toEqual(['rush', 'other']);
    expect((await node.sfu.inspect()).entrance).toMatchObject({ joinsWaiting: 0, sessionsRefused: { queue: 1 } });
  });

  test('a node that is closed meanwhile turns away waiting clients', async () => {
    const turns: (() => void)[] = [];
    const node = new BusyNode({ nextTurn: (callback) => turns.push(callback) });
    const first = node.create();
    const second = node.create();
    await first;

    const closed = node.sfu.close();
    turns.shift()?.();

    await expect(second).rejects.toMatchObject({ code: 'draining' });
    await closed;
  });

  test('a node that is closed while it reads an offer opens no session for it', async () => {
    const turns: (() => void)[] = [];
    const node = new BusyNode({ nextDescriptionTurn: (callback) => turns.push(callback) });
    // The first has the turn, so the second is read in a later one.
    void node.create();
    const second = node.create();
    const refused = expect(second).rejects.toMatchObject({ code: 'draining' });
    await new Promise(setImmediate);

    const closed = node.sfu.close();
    while (turns.length > 0) {
      turns.shift()?.();
      await new Promise(setImmediate);
    }

    await refused;
    await closed;
  });
});

test('clients that are refused together are told to retry at different times', async () => {
  const node = new BusyNode({ overload: { maxSessions: 0 } });

  const waits = await Promise.all(Array.from({ length: 100 }, async () => (await node.refusal())?.retryAfterMs ?? 0));

  expect(new Set(waits).size).toBeGreaterThan(90);
  expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(3_000);
});

test('what was refused, and why, is in the inspection', async () => {
  const node = new BusyNode({ overload: { maxSessions: 0 } });
  await node.refusal();
  node.load.passSeconds(1, { delayMs: 7, utilization: 0.5, memoryShare: 0.25 });

  expect((await node.sfu.inspect()).entrance).toEqual({
    load: { eventLoopDelayMs: { p50: 7, p99: 7, max: 7 }, timerDelaysMs: [7], utilization: 0.5, memoryShare: 0.25, uplinkLossRatio: 0 },
    timerDelays: { counts: [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], sumMs: 7 },
    obstacle: 'sessions',
    sessionsRefused: { sessions: 1, memory: 0, event_loop: 0, uplink: 0, queue: 0 },
    joinsWaiting: 0,
  });
});

test('a closed node measures nothing any more', async () => {
  const node = new BusyNode();
  const before = node.load.isMeasuring;

  await node.sfu.close();

  expect([before, node.load.isMeasuring]).toEqual([true, false]);
});

describe('how full a node is', () => {
  test('is what is nearest to its limit', async () => {
    const node = new BusyNode({ overload: { maxSessions: 4 } });
    const empty = node.sfu.load();

    await node.create();
    const withOne = node.sfu.load();
    node.load.passSeconds(1, { utilization: 0.5 });
    const busy = node.sfu.load();
    node.load.passSeconds(1, { memoryShare: 0.6, utilization: 0 });
    const crowded = node.sfu.load();

    expect([empty, withOne, busy].map(({ share }) => share)).toEqual([0, 0.25, 0.5]);
    expect(crowded.share).toBeCloseTo(0.75);
    expect(crowded.isFull).toBe(false);
  });

  test('is full when the next session would be refused', async () => {
    const node = new BusyNode({ overload: { maxSessions: 1 } });

    await node.create();

    expect(node.sfu.load()).toEqual({ share: 1, isFull: true });
  });
});
