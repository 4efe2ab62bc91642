import { createHash } from 'node:crypto';
import { ALL_GRANTS, type App, createOwnApps, type UsageJournal } from '@causeway/accounts';
import { type Cluster, createCluster } from '@causeway/cluster';
import { type AppId, SfuError } from '@causeway/protocol';
import { assembleSfu, type GeoPoint, LINK_VERSIONS, type NodeIdentity, type Sfu, type SfuEvent } from '@causeway/sfu';
import { type MeshShard, ScriptedClient, seededBytes, type VirtualMesh } from '@causeway/testkit/mesh';
import { type ModelRedis, ModelRedisClient, type ModelRedisWay } from '@causeway/testkit/model-redis';
import { seededRandom } from '@causeway/testkit/seeded-random';
import { describeEvent } from '../../src/events/describe-event.ts';
import type { FormerEvents } from '../../src/events/event-outbox.ts';
import { digestOf } from '../../src/forwarding/asserted-call.ts';
import { ASSERTION_HEADER, AssertionDesk } from '../../src/forwarding/assertion-desk.ts';
import { CallForwarder } from '../../src/forwarding/call-forwarder.ts';
import type { CallReply } from '../../src/forwarding/call-reply.ts';
import type { NodeClient, NodeRequest } from '../../src/forwarding/node-client.ts';
import { SessionPlacement } from '../../src/placement/session-placement.ts';
import { UsageDesk } from '../../src/usage/usage-desk.ts';
import { NodeEvents } from '../support/event-node.ts';
import type { NodeClock } from './node-clock.ts';

const CLUSTER_KEY = 'the key of all simulated clusters, and of no other';
/** A publication of each simulated publisher. */
export const CAMERA = 'camera';
export const NEW_SESSION_PATH = '/session/new';

export interface NodeSurroundings {
  readonly nodeNo: number;
  readonly region: string;
  readonly location: GeoPoint;
  readonly seed: number;
  readonly maxFanOut: number;
  readonly app: App;
  readonly clock: NodeClock;
  readonly mesh: VirtualMesh;
  readonly redis: ModelRedis;
  readonly wayToRedis: () => ModelRedisWay;
  /** HTTP to other nodes. */
  readonly calls: (request: NodeRequest) => Promise<CallReply>;
  readonly onEvent: (event: SfuEvent) => void;
  /** Events that former lives have left in the node's folder. */
  readonly former: readonly FormerEvents[];
  /** Usage that former lives have left there, and what this one adds. */
  readonly journal: UsageJournal;
  /** Numbers all events of all nodes. */
  readonly nextEvent: (nodeNo: number) => number;
  readonly onDefect: (error: unknown) => void;
}

/** One life of a node: everything that a daemon has but sockets, media and HTTP itself. */
export class SimulatedNode {
  readonly nodeNo: number;
  readonly region: string;
  readonly shard: MeshShard;
  readonly cluster: Cluster;
  readonly sfu: Sfu;
  readonly usage: UsageDesk;
  readonly events: NodeEvents;
  readonly placement: SessionPlacement;
  readonly clock: NodeClock;
  /** Keyed by session. */
  readonly clients = new Map<string, ScriptedClient>();
  isDraining = false;
  readonly #appId: AppId;
  readonly #desk: AssertionDesk;

  /** @throws Error – no life could be begun in time: Redis is away, or the life before has not ended */
  static async start(surroundings: NodeSurroundings): Promise<SimulatedNode> {
    const { nodeNo, region, app, clock, redis, wayToRedis, seed } = surroundings;
    const random = seededRandom(seed);
    const shard = surroundings.mesh.addShard(nodeNo);
    const cluster = await createCluster({
      redisUrl: 'redis://model',
      connect: () => new ModelRedisClient(redis, { clock, random, way: wayToRedis }),
      nextTurn: (callback) => void clock.schedule(0, callback),
      clusterKey: CLUSTER_KEY,
      self: {
        nodeNo,
        region,
        location: surroundings.location,
        apiUrl: `http://node-${nodeNo}`,
        linkAddresses: [{ address: '127.0.0.1', port: 9_000 + nodeNo }],
        fingerprint: shard.fingerprint,
        linkVersions: LINK_VERSIONS,
        softwareVersion: '0.1.0',
      },
      isMediaAlive: () => true,
      apps: createOwnApps([app]),
      clock,
      onSuperseded: () => surroundings.onDefect(new Error(`node ${nodeNo} was superseded by nobody`)),
    });
    return new SimulatedNode(surroundings, shard, cluster, random);
  }

  private constructor(surroundings: NodeSurroundings, shard: MeshShard, cluster: Cluster, random: () => number) {
    const { nodeNo, region, clock, app, seed, maxFanOut, onEvent, onDefect, calls } = surroundings;
    const { directory } = cluster;
    this.nodeNo = nodeNo;
    this.region = region;
    this.shard = shard;
    this.cluster = cluster;
    this.clock = clock;
    this.#appId = app.id;
    const { former, nextEvent } = surroundings;
    this.events = new NodeEvents({ appId: app.id, nodeNo, cluster, clock, former, onDefect });
    this.sfu = assembleSfu({
      shard,
      registry: cluster.registry,
      clock,
      random: seededBytes(seed),
      nodeNo,
      announcedAddresses: ['192.0.2.1'],
      nextTurn: (callback) => void clock.schedule(0, callback),
      nextDescriptionTurn: (callback) => void clock.schedule(0, callback),
      cluster: { directory, trust: cluster.linkTrust, maxFanOut },
      onEvent: (event) => {
        // A promise that was pending when the process was killed may still settle here, and in no real process.
        if (clock.isEnded) return;
        const content = describeEvent(event);
        if (content !== undefined) this.events.note(content, nextEvent(nodeNo));
        onEvent(event);
      },
      onDefect,
    });
    this.usage = new UsageDesk({
      sfu: this.sfu,
      ledger: cluster.usageLedger,
      journal: surroundings.journal,
      life: { nodeNo, epoch: directory.self.epoch },
      region: directory.self.region,
      billingNowMs: () => cluster.redisNowMs(),
      clock,
      onDefect,
    });
    this.#desk = new AssertionDesk(cluster.assertionTrust, directory, () => clock.nowMs());
    const client: Pick<NodeClient, 'call' | 'stream'> = {
      call: calls,
      stream: () => Promise.reject(new Error('streams are not simulated')),
    };
    const forwarder = new CallForwarder({ directory, desk: this.#desk, client });
    this.placement = new SessionPlacement({ directory, forwarder, claims: cluster.callClaims, random });
  }

  /** Places a new session, as the gateway does for a client that called this node. */
  async placeSession(idempotencyKey: string, isPublisher: boolean, client: GeoPoint): Promise<string> {
    const call = {
      appId: this.#appId,
      grants: ALL_GRANTS,
      method: 'POST',
      path: NEW_SESSION_PATH,
      body: { isPublisher },
      headers: {},
    };
    const order = { call, client, region: undefined, idempotencyKey, createHere: () => this.#createSession(isPublisher) };
    const { text } = await this.placement.place(order);
    return (JSON.parse(text) as { readonly sessionId: string }).sessionId;
  }

  /** @returns the life that a call with this key is carried out by, if this node has to say it */
  holderOf(idempotencyKey: string): Promise<NodeIdentity> {
    return this.cluster.callClaims.claim(this.#appId, claimKeyOf(idempotencyKey), this.cluster.directory.self, undefined);
  }

  /** Carries out what another node passes on, if it is vouched for. */
  async answer({ method, url, headers, body }: NodeRequest): Promise<CallReply> {
    const called = { appId: this.#appId, method, path: NEW_SESSION_PATH };
    if (!url.endsWith(NEW_SESSION_PATH)) throw new Error(`nobody answers ${url}`);
    const parsed = body === undefined ? undefined : (JSON.parse(body) as { readonly isPublisher: boolean });
    this.#desk.take(headers[ASSERTION_HEADER] ?? '', called).checkBody(digestOf(parsed));
    try {
      return await this.#createSession(parsed?.isPublisher === true);
    } catch (error) {
      if (!(error instanceof SfuError)) throw error;
      return {
        httpStatus: error.code === 'draining' || error.code === 'no_capacity' ? 503 : 400,
        headers: {},
        text: JSON.stringify({ errorCode: error.code }),
      };
    }
  }

  /** Subscribes a session of this node to the camera of a session, and completes the negotiation. */
  async watch(sessionId: string, client: ScriptedClient, publisherId: string): Promise<void> {
    const tracks = [{ remoteSessionId: publisherId, remoteTrackId: CAMERA }] as never;
    const { sessionDescription, tracks: results } = await this.sfu.subscribe(this.#appId, sessionId, { tracks });
    const [result] = results;
    if (result !== undefined && 'errorCode' in result) throw new SfuError(result.errorCode as never, 'the camera is not there');
    if (sessionDescription === undefined) return;
    await this.sfu.renegotiate(this.#appId, sessionId, { sessionDescription: client.answerOffer(sessionDescription) });
  }

  async #createSession(isPublisher: boolean): Promise<CallReply> {
    if (this.isDraining) throw new SfuError('draining', `node ${this.nodeNo} is draining`);
    const client = new ScriptedClient();
    if (isPublisher)
      client.addTransceiver('video', {
        direction: 'sendonly',
        trackId: CAMERA,
        streamId: 'stream',
        codecs: ['vp8'],
        rids: ['l', 'm', 'h'],
      });
    const { sessionId, sessionDescription } = await this.sfu.createSession(this.#appId, { sessionDescription: client.createOffer() });
    client.applyAnswer(sessionDescription);
    this.clients.set(sessionId, client);
    this.shard.connect(sessionId);
    for (const { trackId } of this.shard.publicationsOf(sessionId)) this.shard.sendLayers(trackId, ['h', 'm', 'l']);
    return { httpStatus: 201, headers: {}, text: JSON.stringify({ sessionId }) };
  }

  /** No new sessions; others are told. */
  drain(): void {
    this.isDraining = true;
    this.cluster.directory.announce({ state: 'draining' });
  }

  /** The end of a daemon that has drained, in its order. */
  async close(): Promise<void> {
    await this.sfu.close();
    await this.usage.close();
    await this.events.outbox.close();
    await this.cluster.close();
  }
}

/** As `SessionPlacement` names them in Redis. */
function claimKeyOf(idempotencyKey: string): string {
  return createHash('sha256').update(idempotencyKey).digest('base64url');
}
