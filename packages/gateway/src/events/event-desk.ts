import type { ServerResponse } from 'node:http';
import { SfuError } from '@causeway/protocol';
import type { SfuEvent } from '@causeway/sfu';
import { describeEvent } from './describe-event.ts';
import { EventLog, type EventScope, type LoggedEvent } from './event-log.ts';
import { parsePositions, positionsToKeep } from './event-position.ts';
import { EventStream, type MayHear } from './event-stream.ts';

/** Each is an open connection. */
const MAX_STREAMS = 2_000;
export const DEFAULT_MAX_STREAMS_PER_APP = 500;
/** Another node has one for each app that its clients listen to, and for a moment one for each client that catches up. */
const MAX_NODE_STREAMS = 4_000;
const MAX_NODE_STREAMS_PER_APP = 1_000;
const RETRY_AFTER_MS = 5_000;

/** What the event streams of a node need. */
export interface EventDeskOptions {
  /** The number of this node in session ids. */
  readonly nodeNo: number;
  /** How many clients of one app may listen. */
  readonly maxStreamsPerApp?: number;
  /** Milliseconds since 1970. Default: the system's clock. */
  readonly wallClock?: () => number;
}

/** A listener: a client, possibly through another node, or another node on behalf of all its clients. */
export type ListenerKind = 'client' | 'node';

export interface ListenerOptions {
  readonly scope: EventScope;
  readonly kind: ListenerKind;
  /** Id of the last message that the client received, if any. */
  readonly lastEventId: string | undefined;
  /** Whether another node of that number is there. */
  readonly hasNode: (nodeNo: number) => boolean;
  /** How many clients of this app may listen, if not as many as of the others. */
  readonly maxStreams?: number | undefined;
  /** Whether it may hear of a session, or of what concerns all. Default: of everything. */
  readonly mayHear?: MayHear | undefined;
}

type OpenStream = Pick<ListenerOptions, 'scope' | 'kind'>;

/** Tells clients what happens on this node: give it the events of the SFU. */
export class EventDesk {
  readonly #nodeNo: number;
  readonly #maxStreamsPerApp: number;
  readonly #log: EventLog;
  readonly #open = new Map<EventStream, OpenStream>();
  #isClosed = false;

  constructor({ nodeNo, maxStreamsPerApp = DEFAULT_MAX_STREAMS_PER_APP, wallClock = Date.now }: EventDeskOptions) {
    this.#nodeNo = nodeNo;
    this.#maxStreamsPerApp = maxStreamsPerApp;
    this.#log = new EventLog({ nodeNo, wallClock });
  }

  note(event: SfuEvent): void {
    const content = describeEvent(event);
    if (content !== undefined) this.#log.note(event.appId, content);
  }

  /** Tells all listeners that this node is about to end. @param deadlineAt when sessions that are still there are closed */
  noteDraining(region: string, deadlineAt: Date): void {
    this.#log.noteEverywhere({ type: 'node.draining', region, deadlineAt: deadlineAt.toISOString() });
  }

  get counts(): { readonly events: number; readonly streams: number } {
    return { events: this.#log.keptEvents, streams: this.#open.size };
  }

  /**
   * Sends a listener the events that it has missed, and then those of this node as they happen.
   *
   * @throws no_capacity – there are too many streams
   */
  open(response: ServerResponse, { scope, kind, lastEventId, hasNode, maxStreams, mayHear }: ListenerOptions): EventStream {
    this.#checkRoom(scope, kind, maxStreams ?? this.#maxStreamsPerApp);
    const given = lastEventId === undefined ? undefined : parsePositions(lastEventId);
    const known = given && positionsToKeep(given, (nodeNo) => nodeNo === this.#nodeNo || hasNode(nodeNo));
    const stream = new EventStream(response, new Map([[this.#nodeNo, this.#log.newestSerial], ...(known ?? [])]), mayHear);
    this.#open.set(stream, { scope, kind });
    stream.onClose(() => this.#open.delete(stream));
    const position = known?.get(this.#nodeNo);
    if (position === undefined) this.#listen(stream, scope);
    else void this.#catchUp(stream, scope, position);
    return stream;
  }

  /** Ends all streams; clients come back, and find another node. */
  close(): void {
    this.#isClosed = true;
    for (const stream of this.#open.keys()) stream.end();
  }

  /** Clients are counted by the node that they called alone, or many nodes would have room for no more of them than one. */
  #checkRoom({ appId }: EventScope, kind: ListenerKind, maxClientsOfApp: number): void {
    const alike = [...this.#open.values()].filter((stream) => stream.kind === kind);
    const ofApp = alike.filter(({ scope }) => scope.appId === appId).length;
    const [max, maxOfApp] = kind === 'node' ? [MAX_NODE_STREAMS, MAX_NODE_STREAMS_PER_APP] : [MAX_STREAMS, maxClientsOfApp];
    if (!this.#isClosed && alike.length < max && ofApp < maxOfApp) return;
    throw new SfuError('no_capacity', 'too many listen to events of this node', { retryAfterMs: RETRY_AFTER_MS });
  }

  #listen(stream: EventStream, scope: EventScope): void {
    if (this.#open.has(stream)) stream.onClose(this.#log.listen(scope, (event) => this.#tell(stream, scope, event)));
  }

  /** In portions, for what a client has missed may be more than it may leave unread. */
  async #catchUp(stream: EventStream, scope: EventScope, position: number): Promise<void> {
    let reached = this.#sendMissed(stream, scope, position);
    while (reached !== undefined) {
      await stream.drained();
      reached = this.#sendMissed(stream, scope, reached);
    }
  }

  /** @returns how far it got, if the client must read first; undefined when it is gone, or hears what happens from now on because that was all */
  #sendMissed(stream: EventStream, scope: EventScope, position: number): number | undefined {
    const { events, isComplete } = this.#log.since(scope, position);
    let reached = position;
    if (!isComplete) {
      reached = events[0] === undefined ? this.#log.newestSerial : events[0].serial - 1;
      stream.send(this.#nodeNo, reached, this.#log.describeLoss(reached));
    }
    for (const event of events) {
      if (stream.isGone) return undefined;
      if (!stream.hasRoom) return reached;
      this.#tell(stream, scope, event);
      reached = event.serial;
    }
    // It ends the catching up of another node; a client that reconnects from here need not repeat it.
    stream.advance(this.#nodeNo, this.#log.newestSerial);
    this.#listen(stream, scope);
    return undefined;
  }

  #tell(stream: EventStream, scope: EventScope, { serial, sessionId, type, json }: LoggedEvent): void {
    stream.send(this.#nodeNo, serial, json);
    // Nothing comes after that, and a client that comes back is told that the session is closed.
    if (type === 'session.closed' && scope.sessionId !== undefined && scope.sessionId === sessionId) stream.end();
  }
}
