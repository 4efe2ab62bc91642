import { describeLoss, formatOwnId, isIssuedId, parseOwnSerial } from './event-ids.ts';
import type { EventLog, EventScope, LoggedEvent } from './event-log.ts';
import type { EventSink } from './event-stream.ts';

/** A listener to the events of one node. */
export interface OwnListener {
  readonly sink: EventSink;
  readonly scope: EventScope;
  /** Id of the last message that it has, as it says; undefined for none. */
  readonly lastEventId: string | undefined;
  /** Nothing comes after this event. */
  readonly onLast?: () => void;
}

/** Tells what happens on this node from its memory: of a session, or of an app whose log is here alone. */
export class OwnFeed {
  readonly #log: EventLog;
  readonly #nodeNo: number;
  readonly #wallClock: () => number;
  /** Those who are told, with what ends their listening once it has begun. */
  readonly #joined = new Map<EventSink, () => void>();

  /** @param wallClock milliseconds since 1970 */
  constructor(log: EventLog, nodeNo: number, wallClock: () => number) {
    this.#log = log;
    this.#nodeNo = nodeNo;
    this.#wallClock = wallClock;
  }

  /** Tells a listener what it has missed, and then what happens. */
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
    // A node knows nothing of what happened before an id of another one.
    void this.#catchUp(listener, serial ?? 0);
  }

  leave(sink: EventSink): void {
    this.#joined.get(sink)?.();
    this.#joined.delete(sink);
  }

  /** The id after which come the events that happened at that time or later, as far as they are kept. @param atMs milliseconds since 1970 */
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

  /** In portions, for what a listener has missed may be more than it may leave unread. */
  async #catchUp(listener: OwnListener, position: number): Promise<void> {
    let reached = this.#sendMissed(listener, position);
    while (reached !== undefined) {
      await listener.sink.drained();
      reached = this.#sendMissed(listener, reached);
    }
  }

  /** @returns how far it got, if the listener must read first; undefined when it is gone, or hears what happens from now on because that was all */
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
    // It ends the catching up of a node of the former version; a client that reconnects from here need not repeat it.
    sink.advance(this.#idOf(this.#log.newestSerial));
    this.#listen(listener);
    return undefined;
  }

  #tell({ sink, scope, onLast }: OwnListener, { serial, sessionId, type, json }: LoggedEvent): void {
    sink.send(this.#idOf(serial), json);
    // A client that comes back is told that the session is closed.
    if (type === 'session.closed' && scope.sessionId !== undefined && scope.sessionId === sessionId) onLast?.();
  }

  #idOf(serial: number): string {
    return formatOwnId(this.#nodeNo, serial);
  }
}
