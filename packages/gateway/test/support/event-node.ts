import { createOwnApps } from '@causeway/accounts';
import { type Cluster, createCluster } from '@causeway/cluster';
import { AppId } from '@causeway/protocol';
import { type ModelRedis, ModelRedisClient, type ModelRedisWay } from '@causeway/testkit/model-redis';
import { AppFeed } from '../../src/events/app-feed.ts';
import type { EventContent } from '../../src/events/describe-event.ts';
import { EventLog, type LoggedEvent } from '../../src/events/event-log.ts';
import { type EventLife, EventOutbox, type FormerEvents } from '../../src/events/event-outbox.ts';
import type { EventSink } from '../../src/events/event-stream.ts';
import type { NodeClock } from '../simulation/node-clock.ts';

export const EVENT_APP = AppId.parse('simulated');

export interface EventNodeOptions {
  readonly nodeNo: number;
  readonly clock: NodeClock;
  readonly redis: ModelRedis;
  readonly way: () => ModelRedisWay;
  readonly former?: readonly FormerEvents[];
}

/** Events of an app that a node keeps. */
export const MAX_KEPT_PER_APP = 800;
const START_MS = Date.UTC(2026, 0, 1);

export interface NodeEventsOptions {
  readonly appId: AppId;
  readonly nodeNo: number;
  readonly cluster: Cluster;
  readonly clock: NodeClock;
  /** What former lives have left in the node's folder. */
  readonly former: readonly FormerEvents[];
  readonly onDefect: (error: unknown) => void;
}

/** The part of a node that keeps events of an app, appends them to their log and reads them from there. */
export class NodeEvents {
  readonly log: EventLog;
  readonly outbox: EventOutbox;
  readonly feed: AppFeed;
  readonly #appId: AppId;
  readonly #life: EventLife;
  readonly #ids = new Map<LoggedEvent, string>();

  constructor({ appId, nodeNo, cluster, clock, former, onDefect }: NodeEventsOptions) {
    // The wall clock of a simulated machine may be set, which shortens what it keeps.
    const wallClock = () => START_MS + clock.nowMs();
    this.#appId = appId;
    this.#life = { nodeNo, epoch: cluster.directory.self.epoch };
    this.log = new EventLog({ wallClock, maxKeptPerApp: MAX_KEPT_PER_APP });
    this.outbox = new EventOutbox({
      log: cluster.eventLog,
      life: this.#life,
      kept: this.log,
      former,
      clock,
      wallClock,
      onAppended: (_appId, life, ids) => {
        // Later lives find the ids of all former ones in the folder, as the last life to append has left them.
        const known = former.find((each) => each.life.epoch === life.epoch)?.ids ?? this.#ids;
        for (const [event, id] of ids) (known as Map<LoggedEvent, string>).set(event, id);
        this.feed.hurry();
      },
      onDefect,
    });
    this.feed = new AppFeed(appId, { log: cluster.eventLog, clock, logNowMs: () => cluster.redisNowMs() }, () => undefined);
  }

  /** @param number tells the event from all others */
  note(content: EventContent, number: number): void {
    this.log.note(this.#appId, { ...content, customTrackName: String(number) });
    this.outbox.note(this.#appId);
  }

  /** What the next life finds in the node's folder. */
  get left(): FormerEvents {
    return { life: this.#life, events: new Map([[this.#appId, [...this.log.keptOf(this.#appId)]]]), ids: this.#ids };
  }
}

/** A node that has nothing but events, over a model of Redis in virtual time. */
export class EventNode {
  readonly cluster: Cluster;
  readonly events: NodeEvents;
  readonly defects: unknown[] = [];

  static async start({ nodeNo, clock, redis, way, former = [] }: EventNodeOptions): Promise<EventNode> {
    const cluster = await createCluster({
      redisUrl: 'redis://model',
      connect: () => new ModelRedisClient(redis, { clock, random: () => 0.5, way }),
      nextTurn: (callback) => void clock.schedule(0, callback),
      clusterKey: 'the key of all simulated clusters, and of no other',
      self: {
        nodeNo,
        region: 'home',
        location: undefined,
        apiUrl: `http://node-${nodeNo}`,
        linkAddresses: [],
        fingerprint: { algorithm: 'sha-256', value: '00' },
        linkVersions: { min: 1, max: 1 },
        softwareVersion: 'test',
      },
      isMediaAlive: () => true,
      apps: createOwnApps([]),
      clock,
      onSuperseded: () => undefined,
    });
    return new EventNode(cluster, { nodeNo, clock, former });
  }

  private constructor(cluster: Cluster, life: Pick<NodeEventsOptions, 'nodeNo' | 'clock' | 'former'>) {
    this.cluster = cluster;
    this.events = new NodeEvents({ ...life, appId: EVENT_APP, cluster, onDefect: (error) => this.defects.push(error) });
  }
}

/** A client that notes what it hears. It may leave and come back, at another node. */
export class RecordingClient {
  readonly heard: { readonly type: string; readonly sessionId: string; readonly number: number }[] = [];
  lastEventId: string | undefined;
  #feed: AppFeed | undefined;
  #connection: RecordedConnection | undefined;

  join(feed: AppFeed): void {
    this.leave();
    this.#feed = feed;
    this.#connection = new RecordedConnection(this);
    feed.join(this.#connection, this.lastEventId);
  }

  leave(): void {
    if (this.#connection === undefined) return;
    this.#connection.isGone = true;
    this.#feed?.leave(this.#connection);
    this.#connection = undefined;
  }

  hear(json: string): void {
    const {
      type,
      sessionId = '',
      customTrackName,
    } = JSON.parse(json) as {
      readonly type: string;
      readonly sessionId?: string;
      readonly customTrackName?: string;
    };
    this.heard.push({ type, sessionId, number: Number(customTrackName) });
  }
}

/** One request of a client for events. What is sent on it after the client has left is lost, and asked for on the next one. */
class RecordedConnection implements EventSink {
  isGone = false;
  readonly hasRoom = true;
  readonly #client: RecordingClient;

  constructor(client: RecordingClient) {
    this.#client = client;
  }

  send(id: string, json: string): void {
    if (this.isGone) return;
    this.#client.lastEventId = id;
    this.#client.hear(json);
  }

  advance(id: string): void {
    if (!this.isGone) this.#client.lastEventId = id;
  }

  async drained(): Promise<void> {}
}
