/** Two shards of two nodes, each on a real UDP port, linked to each other: DTLS-SRTP and SCTP as between nodes. */
import { randomBytes } from 'node:crypto';
import type { EngineEvent, IceCredentials, PublisherTrackPlan, SubscriberTrackPlan, TransportPlan } from '@causeway/media';
import { type CountingSecureSuite, createSecureSuite } from '@causeway/secure';
import { createIceCredentials } from '../../src/negotiation/ice-credentials.ts';
import { InlineShard } from '../../src/shard/inline-shard.ts';
import { LeanClient } from '../doubles/lean-client.ts';

const LOOPBACK = '127.0.0.1';
const LINK = 'link';
const CHANNEL = 'causeway-control';
const LINK_SSRC = 4711;
const SAYING_INTERVAL_MS = 10;

/** One node: a shard, and what it has told its owner. */
class Node {
  readonly suite: CountingSecureSuite;
  readonly shard: InlineShard;
  readonly states: string[] = [];
  readonly endings: string[] = [];
  readonly channels: { readonly streamId: number; readonly label: string }[] = [];
  readonly messages: (Uint8Array | string)[] = [];
  readonly #waiting = new Set<() => void>();

  static async open(): Promise<Node> {
    const suite = await createSecureSuite();
    const node = new Node(suite);
    await node.shard.open();
    return node;
  }

  private constructor(suite: CountingSecureSuite) {
    this.suite = suite;
    this.shard = new InlineShard({ suite, addresses: [LOOPBACK], port: 0, connectPaths: true, maxConnectedSockets: 100 });
    this.shard.setListener((event) => this.#note(event));
  }

  /** Resolves as soon as the condition holds after something was told. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!condition()) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }

  #note(event: EngineEvent): void {
    if (event.type === 'defect') throw event.error;
    if (event.type === 'connection-state' && event.transportId === LINK) this.states.push(event.state);
    else if (event.type === 'transport-closed' && event.transportId === LINK) this.endings.push(event.reason);
    else if (event.type === 'data-channel-opened') this.channels.push({ streamId: event.streamId, label: event.label });
    else if (event.type === 'data-channel-message') this.messages.push(event.data);
    for (const check of [...this.#waiting]) check();
  }
}

class LinkedNodes {
  readonly a: Node;
  readonly b: Node;
  readonly #clients: LeanClient[] = [];
  readonly #credentials: readonly [IceCredentials, IceCredentials];

  static async open(): Promise<LinkedNodes> {
    const [a, b] = await Promise.all([Node.open(), Node.open()]);
    return new LinkedNodes(a, b);
  }

  private constructor(a: Node, b: Node) {
    this.a = a;
    this.b = b;
    this.#credentials = [createIceCredentials(0, { bytes: randomBytes }), createIceCredentials(0, { bytes: randomBytes })];
  }

  /** @param dtlsRoleOfA A reaches out, whatever its role */
  async link(dtlsRoleOfA: 'client' | 'server' = 'client'): Promise<void> {
    const [local, remote] = this.#credentials;
    const shared = { transportId: LINK, isLink: true };
    const reach = [{ address: LOOPBACK, port: this.b.shard.port }];
    const planOfA: TransportPlan = {
      ...shared,
      local,
      remote,
      dtlsRole: dtlsRoleOfA,
      remoteFingerprints: [this.b.suite.fingerprint],
      reach,
    };
    const dtlsRole = dtlsRoleOfA === 'client' ? 'server' : 'client';
    this.b.shard.send({
      type: 'open-transport',
      plan: { ...shared, local: remote, remote: local, dtlsRole, remoteFingerprints: [this.a.suite.fingerprint] },
    });
    this.a.shard.send({ type: 'open-transport', plan: planOfA });
    await Promise.all([this.a, this.b].map((node) => node.until(() => node.states.includes('connected'))));
  }

  async join(id: string, node: Node): Promise<LeanClient> {
    const client = new LeanClient(id, 0, node.suite, node.shard);
    this.#clients.push(client);
    node.shard.send({ type: 'open-transport', plan: client.transportPlan });
    await client.connect();
    return client;
  }

  /** B's shard expects the speaker's track over the link, and A's sends it. */
  relay(speaker: LeanClient): void {
    const { publisherPlan } = speaker;
    const { mid, kind, codecs } = publisherPlan;
    const expected: PublisherTrackPlan = { ...publisherPlan, transportId: LINK, ssrcs: [{ ssrc: LINK_SSRC, rtxSsrc: undefined }] };
    const sent: SubscriberTrackPlan = {
      transportId: LINK,
      subscriptionId: `${LINK}/${publisherPlan.trackId}`,
      mid,
      kind,
      sourceTrackId: publisherPlan.trackId,
      ssrc: LINK_SSRC,
      rtxSsrc: undefined,
      cname: 'causeway',
      codecs,
      extensions: [],
      paused: false,
      preferredRid: undefined,
    };
    this.b.shard.send({ type: 'put-publisher-track', plan: expected });
    this.a.shard.send({ type: 'put-subscriber-track', plan: sent });
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await Promise.all([this.a.shard.close(), this.b.shard.close()]);
  }
}

describe('two shards that are linked', () => {
  let nodes: LinkedNodes;

  beforeEach(async () => {
    nodes = await LinkedNodes.open();
  });

  afterEach(async () => {
    await nodes.close();
  });

  test('connect, authenticate each other, and know how long the link takes', async () => {
    await nodes.link();

    const statistics = await Promise.all([nodes.a, nodes.b].map(({ shard }) => shard.ask('link-statistics')));
    expect(nodes.a.states).toEqual(['connecting', 'connected']);
    expect(statistics[0]).toEqual([{ transportId: LINK, rttMs: expect.any(Number), lossRatio: expect.any(Number) }]);
  });

  test.each([
    ['client', 'client'],
    ['client', 'server'],
    ['server', 'client'],
    ['server', 'server'],
  ] as const)(
    'carry messages both ways when the one that reaches out is DTLS %s and the DTLS %s opens the channel',
    async (dtlsRoleOfA, openingRole) => {
      const { a, b } = nodes;
      await nodes.link(dtlsRoleOfA);
      const opener = dtlsRoleOfA === openingRole ? a : b;
      const messages = Array.from({ length: 40 }, (_, place) => `${place} ${'x'.repeat(place === 20 ? 16_000 : place)}`);

      opener.shard.send({ type: 'open-data-channel', transportId: LINK, request: { label: CHANNEL } });
      await Promise.all([a, b].map((node) => node.until(() => node.channels.length === 1)));
      const [{ streamId } = { streamId: -1 }] = a.channels;
      for (const message of messages)
        for (const { shard } of [a, b]) shard.send({ type: 'send-data', transportId: LINK, streamId, data: message });
      await Promise.all([a, b].map((node) => node.until(() => node.messages.length === messages.length)));

      expect(a.channels).toEqual([{ streamId, label: CHANNEL }]);
      expect(b.channels).toEqual([{ streamId, label: CHANNEL }]);
      expect(a.messages).toEqual(messages);
      expect(b.messages).toEqual(messages);
    },
  );

  test('carry a track from a client of one to a client of the other, packet for packet', async () => {
    await nodes.link();
    const speaker = await nodes.join('speaker', nodes.a);
    const listener = await nodes.join('listener', nodes.b);
    nodes.a.shard.send({ type: 'put-publisher-track', plan: speaker.publisherPlan });
    nodes.relay(speaker);
    nodes.b.shard.send({ type: 'put-subscriber-track', plan: listener.subscriberPlan(speaker) });

    const said = await sayUntil(speaker, () => listener.heard.length >= 50);

    const from = said.indexOf(listener.heard[0] ?? '');
    expect(listener.heard).toEqual(said.slice(from, from + listener.heard.length));
    expect(from).toBeLessThan(5);
  });

  test('free everything when the link is closed, and tell the other side', async () => {
    await nodes.link();
    nodes.a.shard.send({ type: 'open-data-channel', transportId: LINK, request: { label: CHANNEL } });
    await nodes.b.until(() => nodes.b.channels.length === 1);

    nodes.a.shard.send({ type: 'close-transport', transportId: LINK });
    await nodes.b.until(() => nodes.b.endings.length === 1);

    const [ofA, ofB] = await Promise.all([nodes.a, nodes.b].map(async ({ shard }) => (await shard.ask('inspection')).objects));
    expect(nodes.b.endings).toEqual(['peer_closed']);
    for (const { engine, secure, udp } of [ofA, ofB].filter((objects) => objects !== undefined)) {
      expect(new Set(Object.values(engine))).toEqual(new Set([0]));
      expect(secure).toMatchObject({ endpoints: 0, outboundStreams: 0 });
      expect(udp).toMatchObject({ paths: 0, connectedSockets: 0 });
    }
  });

  test('do not connect when one of them has another certificate than its record says', async () => {
    const [local, remote] = [createIceCredentials(0, { bytes: randomBytes }), createIceCredentials(0, { bytes: randomBytes })];
    const { a, b } = nodes;
    const stranger = await createSecureSuite();
    const shared = { transportId: LINK, isLink: true };
    const reach = [{ address: LOOPBACK, port: b.shard.port }];
    b.shard.send({
      type: 'open-transport',
      plan: { ...shared, local: remote, remote: local, dtlsRole: 'server', remoteFingerprints: [stranger.fingerprint] },
    });
    a.shard.send({
      type: 'open-transport',
      plan: { ...shared, local, remote, dtlsRole: 'client', remoteFingerprints: [b.suite.fingerprint], reach },
    });

    await b.until(() => b.endings.length === 1);

    expect(b.endings).toEqual(['handshake_failed']);
    expect(b.states).not.toContain('connected');
    expect(a.states).not.toContain('connected');
  });
});

/** Says something new at short intervals until the condition holds. @returns what was said */
async function sayUntil(speaker: LeanClient, condition: () => boolean): Promise<readonly string[]> {
  const said: string[] = [];
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if (condition()) {
        clearInterval(timer);
        resolve();
        return;
      }
      said.push(`word ${said.length}`);
      speaker.say(said.at(-1) ?? '');
    }, SAYING_INTERVAL_MS);
  });
  return said;
}
