import type { ServerResponse } from 'node:http';
import type { AppEventLog } from '@causeway/cluster';
import { type AppId, SfuError } from '@causeway/protocol';
import type { Clock, SfuEvent } from '@causeway/sfu';
import { AppFeed } from './app-feed.ts';
import { describeEvent, type EventContent } from './describe-event.ts';
import { formatLogId } from './event-ids.ts';
import { EventLog, type EventScope } from './event-log.ts';
import { type EventLife, EventOutbox } from './event-outbox.ts';
import type { EventStore } from './event-store.ts';
import { type EventSink, EventStream, type MayHear } from './event-stream.ts';
import { OwnFeed } from './own-feed.ts';

/** Each stream is an open connection. */
const MAX_STREAMS = 2_000;
export const DEFAULT_MAX_STREAMS_PER_APP = 500;
/**
 * A node of the former version has one stream for each app that its clients listen to, and temporarily one for each
 * client that catches up.
 */
const MAX_NODE_STREAMS = 4_000;
const MAX_NODE_STREAMS_PER_APP = 1_000;
const RETRY_AFTER_MS = 5_000;
/** The clocks of the books and of Redis may differ. */
const CLOCK_SLACK_MS = 2_000;

/** Options of a node's event streams. */
export interface EventDeskOptions {
  /** The number of this node in session ids. */
  readonly nodeNo: number;
  /** How many clients of one app may listen. */
  readonly maxStreamsPerApp?: number;
  /** Milliseconds since 1970. Default: the system's clock. */
  readonly wallClock?: () => number;
  /** Keeps events beyond the end of the process. Default: they are lost. */
  readonly store?: EventStore;
}

/** How a cluster node shares its events. */
export interface SharedEvents {
  readonly log: AppEventLog;
  readonly life: EventLife;
  readonly clock: Pick<Clock, 'nowMs' | 'schedule'>;
  /** Milliseconds since 1970, on the clock of the cluster. */
  readonly logNowMs: () => number;
  readonly onDefect: (error: unknown) => void;
}

/** A listener: a client, possibly through another node, or a node of the former version on behalf of its clients. */
export type ListenerKind = 'client' | 'node';

export interface ListenerOptions {
  readonly scope: EventScope;
  readonly kind: ListenerKind;
  /** Id of the last message that the client received, if any. */
  readonly lastEventId: string | undefined;
  /** How many clients of this app may listen, if it differs from the default. */
  readonly maxStreams?: number | undefined;
  /** Whether it may receive events of a session, or those that concern all sessions. Default: all events. */
  readonly mayHear?: MayHear | undefined;
}

type OpenStream = Pick<ListenerOptions, 'scope' | 'kind'>;

/** Sends the SFU's events to clients. Until it shares them, clients receive only events of this node. */
export class EventDesk {
  readonly #options: EventDeskOptions;
  readonly #wallClock: () => number;
  readonly #log: EventLog;
  readonly #ownFeed: OwnFeed;
  readonly #open = new Map<EventStream, OpenStream>();
  readonly #feeds = new Map<AppId, AppFeed>();
  #shared: SharedEvents | undefined;
  #outbox: EventOutbox | undefined;
  #isClosed = false;

  constructor(options: EventDeskOptions) {
    const { nodeNo, wallClock = Date.now } = options;
    this.#options = options;
    this.#wallClock = wallClock;
    this.#log = new EventLog({ wallClock });
    this.#ownFeed = new OwnFeed(this.#log, nodeNo, wallClock);
  }

  /** From now on, this node's events go to the logs of their apps, from which clients receive the events of all nodes. */
  share(shared: SharedEvents): void {
    const { log, life, clock, onDefect } = shared;
    const { store } = this.#options;
    this.#shared = shared;
    this.#outbox = new EventOutbox({
      log,
      life,
      kept: this.#log,
      former: store?.former ?? [],
      clock,
      wallClock: this.#wallClock,
      onAppended: (appId, of, ids) => {
        store?.noteAppended(appId, of, ids);
        this.#feeds.get(appId)?.hurry();
      },
      onDefect,
    });
    for (const appId of this.#log.apps) this.#outbox.note(appId);
  }

  note(event: SfuEvent): void {
    const content = describeEvent(event);
    if (content !== undefined) this.#note(event.appId, content);
  }

  /** Tells all listeners that this node is about to end. @param deadlineAt when the remaining sessions are closed */
  noteDraining(region: string, deadlineAt: Date): void {
    for (const appId of new Set([...this.#log.apps, ...this.#feeds.keys()])) {
      this.#note(appId, { type: 'node.draining', region, deadlineAt: deadlineAt.toISOString() });
    }
  }

  /** Notifies an app's listeners that one of its webhooks was disabled. */
  noteWebhookDisabled(appId: AppId, webhookId: string, reason: string): void {
    this.#note(appId, { type: 'webhook.disabled', webhookId, reason });
  }

  /** Tells an app's listeners how much of its quota is used. */
  noteQuota(appId: AppId, usedPercent: number): void {
    this.#note(appId, { type: 'quota.warning', usedPercent });
  }

  get counts(): { readonly events: number; readonly streams: number; readonly outstanding: number } {
    return { events: this.#log.keptEvents, streams: this.#open.size, outstanding: this.#outbox?.outstanding ?? 0 };
  }

  /**
   * Sends a listener the events that it missed, followed by new ones, of the whole app or of a session of this node.
   *
   * @throws no_capacity – there are too many streams
   */
  open(response: ServerResponse, { scope, kind, lastEventId, maxStreams, mayHear }: ListenerOptions): EventStream {
    this.#checkRoom(scope, kind, maxStreams ?? this.#options.maxStreamsPerApp ?? DEFAULT_MAX_STREAMS_PER_APP);
    const stream = new EventStream(response, mayHear);
    this.#open.set(stream, { scope, kind });
    stream.onClose(() => this.#open.delete(stream));
    const shared = scope.sessionId === undefined && kind === 'client' ? this.#shared : undefined;
    if (shared === undefined) {
      this.#ownFeed.join({ sink: stream, scope, lastEventId, onLast: () => stream.end() });
      stream.onClose(() => this.#ownFeed.leave(stream));
    } else {
      stream.onClose(this.#follow(shared, scope.appId, { sink: stream, lastEventId }));
    }
    return stream;
  }

  /**
   * Sends an app's events on all nodes to a reader within this node.
   *
   * @param place the reader's position in the log; without one, events since `sinceMs` (milliseconds since 1970) are sent
   * @returns a function that stops it
   */
  follow(appId: AppId, place: { readonly position: string | undefined; readonly sinceMs: number }, sink: EventSink): () => void {
    const { position, sinceMs } = place;
    if (this.#shared !== undefined) {
      const lastEventId = position ?? formatLogId({ ms: sinceMs - CLOCK_SLACK_MS, no: 0 });
      return this.#follow(this.#shared, appId, { sink, lastEventId });
    }
    const scope = { appId, sessionId: undefined };
    this.#ownFeed.join({ sink, scope, lastEventId: position ?? this.#ownFeed.idBefore(scope, sinceMs) });
    return () => this.#ownFeed.leave(sink);
  }

  /** Whether only this node has the events, so that a reader who has received all of them when the node ends has missed none. */
  get isAlone(): boolean {
    return this.#shared === undefined;
  }

  /** Ends all streams; clients reconnect to another node. */
  close(): void {
    this.#isClosed = true;
    for (const stream of this.#open.keys()) stream.end();
  }

  /** Called when no more events occur and the log can still be reached. @returns how many events are not in their log */
  async finish(): Promise<number> {
    const outstanding = (await this.#outbox?.close()) ?? 0;
    await this.#options.store?.close();
    return outstanding;
  }

  #note(appId: AppId, content: EventContent): void {
    const event = this.#log.note(appId, content);
    this.#options.store?.keep(appId, event);
    this.#outbox?.note(appId);
  }

  /** Clients count only on the node that they called; otherwise many nodes would together serve no more clients than one. */
  #checkRoom({ appId }: EventScope, kind: ListenerKind, maxClientsOfApp: number): void {
    const alike = [...this.#open.values()].filter((stream) => stream.kind === kind);
    const ofApp = alike.filter(({ scope }) => scope.appId === appId).length;
    const [max, maxOfApp] = kind === 'node' ? [MAX_NODE_STREAMS, MAX_NODE_STREAMS_PER_APP] : [MAX_STREAMS, maxClientsOfApp];
    if (!this.#isClosed && alike.length < max && ofApp < maxOfApp) return;
    throw new SfuError('no_capacity', 'this node has too many event streams', { retryAfterMs: RETRY_AFTER_MS });
  }

  /** @returns a function that stops it */
  #follow(
    shared: SharedEvents,
    appId: AppId,
    listener: { readonly sink: EventSink; readonly lastEventId: string | undefined },
  ): () => void {
    const { sink, lastEventId } = listener;
    const feed = this.#feeds.get(appId) ?? new AppFeed(appId, shared, () => this.#feeds.delete(appId));
    this.#feeds.set(appId, feed);
    feed.join(sink, lastEventId);
    return () => feed.leave(sink);
  }
}
