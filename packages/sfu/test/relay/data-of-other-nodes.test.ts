import { CLEAN_LINK, seededRandom } from '@causeway/testkit';
import type { HostedPublication } from '../../src/session/data/data-participant.ts';
import { APP } from '../doubles/sfu-under-test.ts';
import { EngineCluster, type Participant } from './doubles/engine-cluster.ts';

function numbered(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
}

/** Says the numbers one by one, so many milliseconds apart. */
async function count(cluster: EngineCluster, publication: HostedPublication, from: number, to: number, everyMs = 10): Promise<void> {
  for (const number of numbered(from, to)) {
    publication.send(number);
    await cluster.run(everyMs);
  }
}

async function joinAll(cluster: EngineCluster, nodeNos: readonly number[]): Promise<Participant[]> {
  return Promise.all(nodeNos.map((nodeNo) => cluster.join(nodeNo)));
}

let cluster: EngineCluster;

afterEach(() => cluster.close());

test('twenty in each of three regions hear everything in order, and one copy crosses each link', async () => {
  cluster = await EngineCluster.linked([1, 2, 3], {
    link: { delayMs: 40, jitterMs: 5, lossProbability: 0.02, duplicateProbability: 0.01 },
  });
  const alice = await cluster.join(1);
  const chat = alice.publish('chat');
  const audience = await joinAll(
    cluster,
    [1, 2, 3].flatMap((nodeNo) => new Array<number>(20).fill(nodeNo)),
  );
  for (const one of audience) await one.subscribe(alice, 'chat');
  await cluster.run(1000);

  await count(cluster, chat, 1, 100);
  chat.send('');
  chat.send(Uint8Array.of(0, 255));
  await cluster.run(3000);

  for (const { heard } of audience) expect(heard).toEqual([...numbered(1, 100), '', Uint8Array.of(0, 255)]);
  expect([cluster.legsOf(1), cluster.legsOf(2), cluster.legsOf(3)]).toEqual([[], ['1>2'], ['1>3']]);
});

test('a late subscriber in another region gets the last value first, exactly once, and then what comes', async () => {
  cluster = await EngineCluster.linked([1, 2]);
  const [alice, bob, carol] = (await joinAll(cluster, [1, 2, 2])) as [Participant, Participant, Participant];
  const state = alice.publish('state', { retain: 'last' });
  await count(cluster, state, 1, 3);

  await bob.subscribe(alice, 'state');
  await cluster.run(300);
  await carol.subscribe(alice, 'state');
  await cluster.run(300);
  await count(cluster, state, 4, 5);
  await cluster.run(300);

  expect(bob.heard).toEqual(['3', '4', '5']);
  expect(carol.heard).toEqual(['3', '4', '5']);
});

test('an unreliable channel keeps its last value for a late subscriber, and loses nothing else on a clean link', async () => {
  cluster = await EngineCluster.linked([1, 2]);
  const [alice, bob] = (await joinAll(cluster, [1, 2])) as [Participant, Participant];
  const pointer = alice.publish('pointer', { ordered: false, maxRetransmits: 0, retain: 'last' });
  pointer.send('1');

  await bob.subscribe(alice, 'pointer');
  await cluster.run(300);
  await count(cluster, pointer, 2, 4);
  await cluster.run(300);

  expect(bob.heard).toEqual(['1', '2', '3', '4']);
});

test('when the direct link is cut the rest comes by another node: each message once, none missing', async () => {
  cluster = await EngineCluster.linked([1, 2, 3]);
  const [alice, bob, carol] = (await joinAll(cluster, [1, 2, 3])) as [Participant, Participant, Participant];
  const chat = alice.publish('chat');
  await bob.subscribe(alice, 'chat');
  await carol.subscribe(alice, 'chat');
  await cluster.run(500);
  await count(cluster, chat, 1, 20);

  cluster.cut(1, 2);
  await count(cluster, chat, 21, 120, 50);
  const legsWhileCut = cluster.legsOf(2);
  cluster.heal(1, 2);
  await count(cluster, chat, 121, 400, 50);
  await cluster.run(4000);

  expect(bob.heard).toEqual(numbered(1, 400));
  expect(carol.heard).toEqual(numbered(1, 400));
  expect(legsWhileCut).toContain('3>2');
  expect(cluster.legsOf(2)).toHaveLength(1);
  expect([...bob.ends, ...carol.ends]).toEqual([]);
}, 60_000);

test('what cannot be had any more ends the subscription with its reason, and is not left out silently', async () => {
  cluster = await EngineCluster.linked([1, 2, 3]);
  const [alice, bob] = (await joinAll(cluster, [1, 2])) as [Participant, Participant];
  const bulk = alice.publish('bulk');
  await bob.subscribe(alice, 'bulk');
  await cluster.run(500);
  bulk.send(Uint8Array.of(0));
  await cluster.run(200);

  cluster.cut(1, 2);
  // More than a node keeps for those who find another way.
  for (let message = 1; message <= 40; message++) {
    bulk.send(new Uint8Array(200_000).fill(message));
    await cluster.run(20);
  }
  await cluster.run(6000);

  expect(bob.ends).toEqual(['messages_lost']);
  expect(bob.heard.map((message) => (message as Uint8Array)[0])).toEqual([0]);
}, 60_000);

test('a subscription follows its name to the next publication, and ends with the session', async () => {
  cluster = await EngineCluster.linked([1, 2]);
  const [alice, bob] = (await joinAll(cluster, [1, 2])) as [Participant, Participant];
  const first = alice.publish('chat');
  await bob.subscribe(alice, 'chat');
  await cluster.run(300);
  first.send('one');
  first.send('last words');
  first.close();
  await cluster.run(500);

  const second = alice.publish('chat', { retain: 'last' });
  second.send('two');
  await cluster.run(500);
  const heard = [...bob.heard];
  alice.data.close();
  await cluster.run(500);

  expect(heard).toEqual(['one', 'last words', 'two']);
  expect(bob.ends).toEqual(['session_closed']);
});

test('the right to reply moves between regions: only the last subscriber to claim it has it', async () => {
  cluster = await EngineCluster.linked([1, 2, 3]);
  const [alice, bob, carol, dave] = (await joinAll(cluster, [1, 2, 3, 1])) as [Participant, Participant, Participant, Participant];
  alice.publish('ask');
  const ofBob = await bob.subscribe(alice, 'ask', { canReply: true });
  await cluster.run(300);
  ofBob.send('bob 1');
  await cluster.run(300);

  const ofCarol = await carol.subscribe(alice, 'ask', { canReply: true });
  await cluster.run(300);
  ofBob.send('bob 2');
  ofCarol.send('carol 1');
  await cluster.run(300);
  const ofDave = await dave.subscribe(alice, 'ask', { canReply: true });
  await cluster.run(300);
  ofCarol.send('carol 2');
  ofDave.send('dave 1');
  await cluster.run(300);

  expect(alice.replies).toEqual(['bob 1', 'carol 1', 'dave 1']);
});

test('on a bus across regions every participant hears all others once, in the same order, and never itself', async () => {
  cluster = await EngineCluster.linked([1, 2, 3]);
  const [alice, bob, bert, carol] = (await joinAll(cluster, [1, 2, 2, 3])) as [Participant, Participant, Participant, Participant];
  const table = alice.publish('table', { bus: true, retain: 'last' });
  const [ofBob, ofBert, ofCarol] = await Promise.all([bob, bert, carol].map((one) => one.subscribe(alice, 'table')));
  await cluster.run(500);

  for (let round = 0; round < 5; round++) {
    table.send(`alice ${round}`);
    ofBob?.send(`bob ${round}`);
    ofBert?.send(`bert ${round}`);
    ofCarol?.send(`carol ${round}`);
    await cluster.run(7);
  }
  await cluster.run(500);
  ofCarol?.send('carol at last');
  await cluster.run(500);
  const dora = await cluster.join(2);
  await dora.subscribe(alice, 'table');
  await cluster.run(300);

  const without = (name: string, heard: readonly unknown[]) => heard.filter((message) => !String(message).startsWith(`${name} `));
  expect([bob, bert, carol].map(({ heard }) => heard.length)).toEqual([16, 16, 15]);
  expect(without('bert', bob.heard)).toEqual(without('bob', bert.heard));
  expect(without('carol', bob.heard)).toEqual(without('bob', carol.heard));
  expect(without('bob', alice.replies)).toEqual(without('alice', bob.heard));
  // The retained message is the same everywhere, whichever participant sent it.
  expect(dora.heard).toEqual(['carol at last']);
});

test('when a region dies, its subscribers end, subscribers of its publications are told, and no others notice', async () => {
  cluster = await EngineCluster.linked([1, 2, 3]);
  const [alice, bob, carol, dave] = (await joinAll(cluster, [1, 2, 3, 3])) as [Participant, Participant, Participant, Participant];
  const chat = alice.publish('chat');
  await carol.subscribe(alice, 'chat');
  const doomed = bob.publish('doomed');
  await dave.subscribe(bob, 'doomed');
  await cluster.run(500);
  doomed.send('before');
  await count(cluster, chat, 1, 5);

  cluster.kill(2);
  await count(cluster, chat, 6, 50, 100);
  cluster.tellGone(2);
  await count(cluster, chat, 51, 100, 100);
  await cluster.run(2000);

  expect(carol.heard).toEqual(numbered(1, 100));
  expect(dave.heard).toEqual(['before']);
  expect(dave.ends).toEqual(['session_closed']);
}, 60_000);

test('without a registry the owner itself is asked, and says what there is', async () => {
  cluster = await EngineCluster.linked([1, 2]);
  const [alice, bob] = (await joinAll(cluster, [1, 2])) as [Participant, Participant];
  const chat = alice.publish('chat');
  await cluster.run(50);
  cluster.registry.locateDataChannel = () => Promise.reject(new Error('Redis is away'));
  cluster.registry.findSession = () => Promise.reject(new Error('Redis is away'));

  await bob.subscribe(alice, 'chat');
  await cluster.run(300);
  chat.send('hello');
  await cluster.run(300);

  expect(bob.heard).toEqual(['hello']);
  await expect(bob.subscribe(alice, 'chess')).rejects.toMatchObject({ code: 'data_channel_not_found' });
});

test('a node whose version has no data channels on links is refused with the reason, and so are its publications', async () => {
  cluster = await EngineCluster.linked([1, 2], { records: { 1: { linkVersions: { min: 1, max: 2 } } } });
  const [alice, bob] = (await joinAll(cluster, [1, 2])) as [Participant, Participant];
  alice.publish('chat');
  await cluster.run(50);

  await expect(bob.subscribe(alice, 'chat')).rejects.toMatchObject({
    code: 'relay_unavailable',
    message: expect.stringContaining('node 1, whose version cannot relay data channels'),
  });
  await expect(bob.subscribe(alice, 'chess')).rejects.toMatchObject({ code: 'data_channel_not_found' });
});

test('an app is billed for what reaches its subscribers, once for each, and for nothing that crosses a link', async () => {
  cluster = await EngineCluster.linked([1, 2]);
  const [alice, bob] = (await joinAll(cluster, [1, 2])) as [Participant, Participant];
  const chat = alice.publish('chat');
  await bob.subscribe(alice, 'chat');
  await cluster.run(300);
  for (let message = 0; message < 10; message++) chat.send(new Uint8Array(1000));
  await cluster.run(500);

  const used = cluster.node(1).world.engine.answer('usage');

  expect(bob.heard).toHaveLength(10);
  // Traffic on links is shown to operators, but not billed.
  expect(used.map(({ account, bytes }) => [account, bytes.data, bytes.relay])).toEqual([['app-one', 0, 10_000]]);
});

test('the path of a channel lists every copy and its subscribers', async () => {
  cluster = await EngineCluster.linked([1, 2, 3]);
  const [alice, bob, bert, carol] = (await joinAll(cluster, [1, 2, 2, 3])) as [Participant, Participant, Participant, Participant];
  alice.publish('chat');
  for (const one of [bob, bert, carol]) await one.subscribe(alice, 'chat');
  await cluster.run(500);

  const told = cluster.node(1).sfu.dataChannelPath(APP, alice.data.sessionId, 'chat');
  await cluster.run(2000);

  await expect(told).resolves.toMatchObject({
    dataChannelName: 'chat',
    node: 1,
    subscribers: 0,
    hops: [
      { from: 1, to: 2, layers: [''], subscribers: 2, route: [2, 1] },
      { from: 1, to: 3, layers: [''], subscribers: 1, route: [3, 1] },
    ],
    unanswered: [],
  });
  await expect(cluster.node(1).sfu.dataChannelPath(APP, alice.data.sessionId, 'chess')).rejects.toMatchObject({
    code: 'data_channel_not_found',
  });
});

test('a node that requests another app’s channel, or a stream that is in use, gets nothing and does no harm', async () => {
  cluster = await EngineCluster.linked([1, 2, 3]);
  const [alice, bob] = (await joinAll(cluster, [1, 2])) as [Participant, Participant];
  const chat = alice.publish('chat');
  await bob.subscribe(alice, 'chat');
  await cluster.run(300);
  const publicationId = `${alice.data.sessionId}/d0`;
  const ask = { type: 'subscribe-data', publicationId, sessionId: alice.data.sessionId, route: [3, 1], isResumed: false } as const;

  cluster.node(3).lies.push({ ...ask, wantId: 901, appId: 'another-app', streamId: 3001 });
  await cluster.run(1500);
  cluster.node(3).lies.push({ ...ask, wantId: 902, appId: APP, streamId: 0 });
  await cluster.run(1500);
  chat.send('still there');
  await cluster.run(500);

  const refusals = cluster
    .node(1)
    .commands.flatMap((command) =>
      command.type === 'send-data' && String(command.data).includes('"refused"') ? [JSON.parse(String(command.data)).m] : [],
    );
  expect(refusals).toEqual([
    { type: 'refused', wantId: 901, reason: 'wrong-app', others: [] },
    { type: 'refused', wantId: 902, reason: 'broken', others: [] },
  ]);
  expect(cluster.node(1).world.engine.answer('data-statistics').subscriptions).toHaveLength(1);
  expect(bob.heard).toEqual(['still there']);
  expect(cluster.node(1).linkEvents.map(({ type }) => type)).toEqual(['link.up', 'link.up']);
});

test.each([1, 2, 3, 4, 5, 6])(
  'whatever links do, no subscriber misses a message or gets one twice without being told (seed %i)',
  async (seed) => {
    const random = seededRandom(seed);
    cluster = await EngineCluster.linked([1, 2, 3, 4], { link: { ...CLEAN_LINK, delayMs: 15, lossProbability: 0.01 } });
    const alice = await cluster.join(1);
    const chat = alice.publish('chat');
    const audience = await joinAll(cluster, [1, 2, 3, 4]);
    for (const one of audience) await one.subscribe(alice, 'chat');
    await cluster.run(1000);

    let said = 0;
    for (let second = 0; second < 40; second++) {
      const [one, other] = [1 + Math.floor(random() * 4), 1 + Math.floor(random() * 4)];
      if (one !== other && random() < 0.5) cluster.cut(one, other);
      else if (one !== other) cluster.heal(one, other);
      for (let message = 0; message < 10; message++) {
        chat.send(String(++said));
        await cluster.run(100);
      }
    }
    for (const [one, other] of [
      [1, 2],
      [1, 3],
      [1, 4],
      [2, 3],
      [2, 4],
      [3, 4],
    ] as const)
      cluster.heal(one, other);
    await cluster.run(20_000);

    for (const { heard, ends } of audience) {
      expect(heard).toEqual(numbered(1, heard.length));
      expect(ends.length > 0 || heard.length === said).toBe(true);
      expect(ends.filter((reason) => reason !== 'unreachable' && reason !== 'messages_lost')).toEqual([]);
    }
  },
  120_000,
);
