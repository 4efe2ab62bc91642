/** Two whole nodes in this process, on real sockets: their link connects, authenticates and carries a track. */
import { randomBytes } from 'node:crypto';
import { formatSessionId } from '@causeway/protocol';
import { createSecureSuite } from '@causeway/secure';
import { createNodeClock } from '../../src/io/node-clock.ts';
import { type LinkTrust, type NodeRecord, StaticNodeDirectory } from '../../src/nodes/index.ts';
import { uuidV4 } from '../../src/random.ts';
import type { DataChannelRecord, TrackRecord } from '../../src/registry/index.ts';
import { Relay } from '../../src/relay/relay.ts';
import { DataDirectory } from '../../src/session/data/data-directory.ts';
import { TrackDirectory } from '../../src/session/track-directory.ts';
import { openShard } from '../../src/shard/open-shard.ts';
import type { Shard } from '../../src/shard.ts';
import { LeanChannels } from '../doubles/lean-channels.ts';
import { LeanClient } from '../doubles/lean-client.ts';
import { nodeRecord, openTrust } from './doubles/node-records.ts';

const LOOPBACK = '127.0.0.1';
const TURN_MS = 5;
const random = { bytes: (count: number) => randomBytes(count) };

interface RealNodeOptions {
  readonly trust?: LinkTrust;
  readonly workers?: number;
}

class RealNode {
  readonly directory: StaticNodeDirectory;
  readonly tracks = new TrackDirectory();
  readonly dataChannels = new DataDirectory();
  readonly relay: Relay;
  readonly news: string[] = [];
  readonly #shard: Shard;
  readonly #clients: LeanClient[] = [];

  static async open(nodeNo: number, { trust = openTrust, workers = 1 }: RealNodeOptions = {}): Promise<RealNode> {
    const setup = {
      addresses: [LOOPBACK],
      port: 0,
      connectPaths: true,
      maxConnectedSockets: 100,
      maxMemoryBytes: 1 << 30,
      fillShare: 0,
      clock: createNodeClock(),
    };
    const { shard } = await openShard(workers, setup);
    return new RealNode(nodeNo, shard, trust);
  }

  private constructor(nodeNo: number, shard: Shard, trust: LinkTrust) {
    const { fingerprint, port } = shard;
    this.#shard = shard;
    this.directory = new StaticNodeDirectory(nodeRecord(nodeNo, { fingerprint, linkAddresses: [{ address: LOOPBACK, port }] }));
    this.relay = new Relay({
      shard,
      directory: this.directory,
      tracks: this.tracks,
      trust,
      clock: createNodeClock(),
      random,
      dataChannels: this.dataChannels,
      answer: () => ({ hasSession: false, track: undefined, channel: undefined }),
      countSubscribers: () => 0,
      onLinkEvent: ({ type }) => this.news.push(type),
    });
    this.relay.shard.setListener((event) => {
      if (event.type === 'defect') this.news.push(`defect ${event.transportId}`);
    });
    this.relay.open();
  }

  get record(): NodeRecord {
    return this.directory.self;
  }

  async join(shardNo = 0): Promise<LeanClient> {
    const id = formatSessionId(this.record.nodeNo, uuidV4(random));
    const client = new LeanClient(id, shardNo, await createSecureSuite(), this.relay.shard);
    this.#clients.push(client);
    this.relay.shard.send({ type: 'open-transport', plan: client.transportPlan });
    await client.connect();
    return client;
  }

  publish(client: LeanClient): TrackRecord {
    const { trackId, codecs } = client.publisherPlan;
    const record: TrackRecord = {
      appId: 'app-one',
      sessionId: client.id,
      trackId: 'microphone',
      aliases: [],
      customTrackName: '',
      mid: '0',
      kind: 'audio',
      status: 'pending',
      isHidden: false,
      publicationId: trackId,
      codecs: codecs.map(({ name, clockRateHz, channels, fmtp }) => ({ name, clockRateHz, channels, fmtp })),
      extensionUris: [],
      rids: [],
    };
    this.relay.shard.send({ type: 'put-publisher-track', plan: client.publisherPlan });
    this.tracks.put(record);
    return record;
  }

  /** Publishes a channel that the page opens, with its last message for later subscribers. */
  async publishData({ id }: LeanClient, channels: LeanChannels): Promise<DataChannelRecord> {
    this.relay.shard.send({ type: 'set-data-peer', plan: { transportId: id, maxMessageBytes: 262_144 } });
    const streamId = channels.open('chat');
    await until(() => channels.opened.length > 0);
    const publicationId = `${id}/d0`;
    const reliability = { ordered: true, maxRetransmits: undefined, maxPacketLifeTimeMs: undefined };
    this.relay.shard.send({
      type: 'put-data-publication',
      plan: { publicationId, transportId: id, stream: { streamId, isNegotiated: false }, reliability, retain: 1, isBus: false },
    });
    const record: DataChannelRecord = {
      appId: 'app-one',
      sessionId: id,
      dataChannelName: 'chat',
      publicationId,
      ordered: true,
      retain: 1,
      isBus: false,
      status: 'open',
    };
    this.dataChannels.put(record);
    return record;
  }

  subscribeData(transportId: string, publicationId: string): void {
    this.relay.shard.send({ type: 'set-data-peer', plan: { transportId, maxMessageBytes: 262_144 } });
    this.relay.shard.send({
      type: 'put-data-subscription',
      plan: {
        subscriptionId: `${transportId}/e0`,
        transportId,
        publicationId,
        stream: { streamId: 1, isNegotiated: false },
        label: 'chat',
        protocol: '',
        canReply: 'none',
        waitsForAck: false,
        isPaused: false,
        isSticky: true,
      },
    });
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    this.relay.close();
    await this.#shard.close();
  }
}

const opened: RealNode[] = [];

async function openNodes(
  nodeNos: readonly number[],
  options: (nodeNo: number) => RealNodeOptions = () => ({}),
): Promise<readonly RealNode[]> {
  const nodes = await Promise.all(nodeNos.map((nodeNo) => RealNode.open(nodeNo, options(nodeNo))));
  opened.push(...nodes);
  for (const node of nodes) for (const other of nodes) if (other !== node) node.directory.put(other.record);
  return nodes;
}

/** Looks again and again; the test's own time limit is the deadline. */
async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, TURN_MS));
}

afterEach(async () => {
  for (const node of opened.splice(0)) await node.close();
});

test.each([
  ['engines in the calling thread', 1],
  ['worker threads, whose tracks cross to the one that has the link', 2],
])('a track is heard on another node, each packet once and in order, by all who listen there: %s', async (_name, workers) => {
  const [one, two] = await openNodes([1, 2], () => ({ workers }));
  if (one === undefined || two === undefined) throw new Error('two nodes were opened');
  await until(() => one.relay.links.find(2)?.isUp === true && two.relay.links.find(1)?.isUp === true);
  const alice = await one.join(workers - 1);
  const listeners = [await two.join(workers - 1), await two.join(0)];
  two.relay.admit(one.publish(alice));
  for (const listener of listeners) two.relay.shard.send({ type: 'put-subscriber-track', plan: listener.subscriberPlan(alice) });
  await until(() => {
    alice.say('is anybody there?');
    return listeners.every(({ heard }) => heard.length > 0);
  });

  const said = Array.from({ length: 200 }, (_, number) => `word ${number}`);
  for (const word of said) {
    alice.say(word);
    await new Promise(setImmediate);
  }
  await until(() => listeners.every(({ heard }) => heard.at(-1) === said.at(-1)));

  for (const { heard } of listeners) expect(heard.slice(-said.length)).toEqual(said);
  expect(one.relay.inspect()).toMatchObject({ exports: 1, legs: 0 });
  expect(two.relay.inspect()).toMatchObject({ exports: 0, legs: 1, fedSubscriptions: 2 });
});

test.each([
  ['engines in the calling thread', 1],
  ['worker threads, to and from which it crosses to the one that has the link', 2],
])('what a page sends on a data channel reaches pages of another node, each message once and in order: %s', async (_name, workers) => {
  const [one, two] = await openNodes([1, 2], () => ({ workers }));
  if (one === undefined || two === undefined) throw new Error('two nodes were opened');
  await until(() => one.relay.links.find(2)?.isUp === true && two.relay.links.find(1)?.isUp === true);
  const alice = await one.join(workers - 1);
  const fromAlice = new LeanChannels(alice);
  const record = await one.publishData(alice, fromAlice);
  const listeners = [await two.join(workers - 1), await two.join(0)].map((client) => new LeanChannels(client));
  fromAlice.send(0, 'the last word before anybody listens');
  two.relay.admitData(record);
  for (const { id } of listeners) two.subscribeData(id, record.publicationId);
  await until(() => listeners.every(({ received }) => received.length > 0));

  const said = Array.from({ length: 200 }, (_, number) => new Uint8Array(2000).fill(number));
  for (const message of said) {
    await until(() => fromAlice.send(0, message));
    await new Promise(setImmediate);
  }
  await until(() => listeners.every(({ received }) => received.length > said.length));

  for (const { received } of listeners) {
    expect(Buffer.from(received[0]?.data ?? []).toString()).toBe('the last word before anybody listens');
    expect(received.slice(1).map(({ data }) => data[0])).toEqual(said.map(([first]) => first));
  }
  expect(one.relay.inspect()).toMatchObject({ dataExports: 1, dataLegs: 0 });
  expect(two.relay.inspect()).toMatchObject({ dataExports: 0, dataLegs: 1, fedDataSubscriptions: 2 });
  for (const channels of [fromAlice, ...listeners]) channels.close();
});

test('a third node passes a track on when there is no direct link', async () => {
  const nodes = await Promise.all([1, 2, 3].map((nodeNo) => RealNode.open(nodeNo)));
  opened.push(...nodes);
  const [one, two, three] = nodes;
  if (one === undefined || two === undefined || three === undefined) throw new Error('three nodes were opened');
  for (const [node, other] of [
    [one, two],
    [two, one],
    [two, three],
    [three, two],
  ] as const)
    node.directory.put(other.record);
  await until(() => three.relay.canReach(1));
  const alice = await one.join();
  const carol = await three.join();

  three.relay.admit(one.publish(alice));
  three.relay.shard.send({ type: 'put-subscriber-track', plan: carol.subscriberPlan(alice) });
  await until(() => {
    alice.say('from afar');
    return carol.heard.length > 0;
  });

  expect([...(three.relay.tracks.importer.find(alice.publisherPlan.trackId)?.legs ?? [])].map(({ actualRoute }) => actualRoute)).toEqual([
    [3, 2, 1],
  ]);
});

test('a node with another cluster key gets no link', async () => {
  const forged: LinkTrust = {
    credentials(initiator, acceptor) {
      const { initiator: one, acceptor: other } = openTrust.credentials(initiator, acceptor);
      return { initiator: { ...one, password: 'made-up-by-a-stranger-0' }, acceptor: { ...other, password: 'made-up-by-a-stranger-1' } };
    },
  };
  const [one, two, stranger] = await openNodes([1, 2, 3], (nodeNo) => (nodeNo === 3 ? { trust: forged } : {}));
  await until(() => one?.relay.links.find(2)?.isUp === true && two?.relay.links.find(1)?.isUp === true);
  const refused = async (node: RealNode | undefined) => (await node?.relay.shard.ask('inspection'))?.drops['stun-bad-integrity'] ?? 0;
  await until(async () => (await refused(one)) > 0 || (await refused(stranger)) > 0);

  expect(stranger?.relay.links.all.map(({ isUp }) => isUp)).toEqual([false, false]);
});
