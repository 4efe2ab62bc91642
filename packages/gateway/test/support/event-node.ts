import { createOwnApps } from '@causeway/accounts';
import { type Cluster, createCluster } from '@causeway/cluster';
import { AppId, type SessionId } from '@causeway/protocol';
import { type ModelRedis, ModelRedisClient, type ModelRedisWay } from '@causeway/testkit/model-redis';
import { AppFeed } from '../../src/events/app-feed.ts';
import { EventLog, type LoggedEvent } from '../../src/events/event-log.ts';
import { EventOutbox, type FormerEvents } from '../../src/events/event-outbox.ts';
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

/** The part of a node that keeps events, appends them to their log and reads them from there, over a model of Redis in virtual time. */
export class EventNode {
  readonly nodeNo: number;
  readonly cluster: Cluster;
  readonly log: EventLog;
  readonly outbox: EventOutbox;
  readonly feed: AppFeed;
  readonly ids = new Map<LoggedEvent, string>();
  readonly defects: unknown[] = [];

  static async start(options: EventNodeOptions): Promise<EventNode> {
    const { nodeNo, clock, redis, way } = options;
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
    return new EventNode(options, cluster);
  }

  private constructor({ nodeNo, clock, former = [] }: EventNodeOptions, cluster: Cluster) {
    this.nodeNo = nodeNo;
    this.cluster = cluster;
    this.log = new EventLog({ wallClock: () => clock.wallClockMs(), maxKeptPerApp: MAX_KEPT_PER_APP });
    const { epoch } = cluster.directory.self;
    this.outbox = new EventOutbox({
      log: cluster.eventLog,
      life: { nodeNo, epoch },
      kept: this.log,
      former,
      clock,
      wallClock: () => clock.wallClockMs(),
      onAppended: (_appId, _life, ids) => {
        for (const [event, id] of ids) this.ids.set(event, id);
        this.feed.hurry();
      },
      onDefect: (error) => this.defects.push(error),
    });
    this.feed = new AppFeed(EVENT_APP, { log: cluster.eventLog, clock, logNowMs: () => cluster.redisNowMs() }, () => undefined);
  }

  /** @param number tells the event from all others */
  note(sessionId: string, number: number): void {
    this.log.note(EVENT_APP, { type: 'track.renamed', sessionId: sessionId as SessionId, customTrackName: String(number) });
    this.outbox.note(EVENT_APP);
  }

  /** What the next life finds in the node's folder. */
  get left(): FormerEvents {
    const { epoch } = this.cluster.directory.self;
    return { life: { nodeNo: this.nodeNo, epoch }, events: new Map([[EVENT_APP, [...this.log.keptOf(EVENT_APP)]]]), ids: this.ids };
  }
}

/** A client that notes what it hears. It may leave and come back, at another node. */
export class RecordingClient implements EventSink {
  readonly heard: { readonly type: string; readonly sessionId: string; readonly number: number }[] = [];
  isGone = false;
  readonly hasRoom = true;
  lastEventId: string | undefined;
  #feed: AppFeed | undefined;

  join(feed: AppFeed): void {
    this.leave();
    this.#feed = feed;
    feed.join(this, this.lastEventId);
  }

  leave(): void {
    this.#feed?.leave(this);
    this.#feed = undefined;
  }

  send(id: string, json: string): void {
    this.lastEventId = id;
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

  advance(id: string): void {
    this.lastEventId = id;
  }

  async drained(): Promise<void> {}
}
