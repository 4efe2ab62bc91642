import { describeLoss, formatOwnId, isIssuedId, parseOwnSerial } from './event-ids.ts';
import type { EventLog, EventScope, LoggedEvent } from './event-log.ts';
import type { EventSink } from './event-stream.ts';

/** A listener to the events of this node. */
export interface OwnListener {
  readonly sink: EventSink;
  readonly scope: EventScope;
  /** Id of the last message that it received, as it claims; undefined if there is none. */
  readonly lastEventId: string | undefined;
  /** Called after the last event that can occur. */
  readonly onLast?: () => void;
}

/** Sends events from this node's memory: those of a session, or of an app that has no shared log. */
export class OwnFeed {
  readonly #log: EventLog;
  readonly #nodeNo: number;
  readonly #wallClock: () => number;
  /** The listeners, each with the function that stops its subscription to new events. */
  readonly #joined = new Map<EventSink, () => void>();

  /** @param wallClock milliseconds since 1970 */
  constructor(log: EventLog, nodeNo: number, wallClock: () => number) {
    this.#log = log;
    this.#nodeNo = nodeNo;
    this.#wallClock = wallClock;
  }

  /** Sends a listener the events that it missed, followed by new ones. */
  join(listener: OwnListener): void {
    const { sink, lastEventId } = listener;
    this.#joined.set(sink, () => undefined);
    if (lastEventId === undefined || !isIssuedId(lastEventId)) {
      sink.advance(this.#idOf(this.#log.newestSerial));
      this.#listen(listener);
      return;
    }
    const serial = parseOwnSerial(lastEventId, this.#nodeNo);
    if (serial !== undefined) sink.advance(this.#idOf(serial));
    // An id of another node does not tell which events of this node the listener has received.
    void this.#catchUp(listener, serial ?? 0);
  }

  leave(sink: EventSink): void {
    this.#joined.get(sink)?.();
    this.#joined.delete(sink);
  }

  /** Returns the id that precedes the first kept event at or after a time. @param atMs milliseconds since 1970 */
  idBefore(scope: EventScope, atMs: number): string {
    const first = this.#log.keptOf(scope.appId).find((event) => event.atMs >= atMs);
    return this.#idOf(first === undefined ? this.#log.newestSerial : first.serial - 1);
  }

  #listen(listener: OwnListener): void {
    const { sink, scope } = listener;
    if (this.#joined.has(sink))
      this.#joined.set(
        sink,
        this.#log.listen(scope, (event) => this.#tell(listener, event)),
      );
  }

  /** Sends missed events in portions, since they may exceed what a listener may leave unread. */
  async #catchUp(listener: OwnListener, position: number): Promise<void> {
    let reached = this.#sendMissed(listener, position);
    while (reached !== undefined) {
      await listener.sink.drained();
      reached = this.#sendMissed(listener, reached);
    }
  }

  /** @returns the position reached if the listener must drain first; undefined if it is gone, or has caught up and receives new events */
  #sendMissed(listener: OwnListener, position: number): number | undefined {
    const { sink, scope } = listener;
    if (!this.#joined.has(sink)) return undefined;
    const { events, isComplete } = this.#log.since(scope, position);
    let reached = position;
    if (!isComplete) {
      reached = events[0] === undefined ? this.#log.newestSerial : events[0].serial - 1;
      sink.send(this.#idOf(reached), describeLoss(this.#wallClock()));
    }
    for (const event of events) {
      if (sink.isGone) return undefined;
      if (!sink.hasRoom) return reached;
      this.#tell(listener, event);
      reached = event.serial;
    }
    // A node of the former version waits for this id; a client that reconnects with it receives nothing twice.
    sink.advance(this.#idOf(this.#log.newestSerial));
    this.#listen(listener);
    return undefined;
  }

  #tell({ sink, scope, onLast }: OwnListener, { serial, sessionId, type, json }: LoggedEvent): void {
    sink.send(this.#idOf(serial), json);
    // A client that reconnects is told that the session is closed.
    if (type === 'session.closed' && scope.sessionId !== undefined && scope.sessionId === sessionId) onLast?.();
  }

  #idOf(serial: number): string {
    return formatOwnId(this.#nodeNo, serial);
  }
}
