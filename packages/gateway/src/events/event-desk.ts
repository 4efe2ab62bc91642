import type { ServerResponse } from 'node:http';
import { SfuError } from '@causeway/protocol';
import type { SfuEvent } from '@causeway/sfu';
import { describeEvent } from './describe-event.ts';
import { EventLog, type EventScope, type LoggedEvent } from './event-log.ts';
import { parsePositions } from './event-position.ts';
import { EventStream } from './event-stream.ts';

/** Each is an open connection. */
const MAX_STREAMS = 2_000;
const MAX_STREAMS_PER_APP = 500;
const RETRY_AFTER_MS = 5_000;

export interface EventDeskOptions {
  /** The number of this node in session ids. */
  readonly nodeNo: number;
  /** Milliseconds since 1970. Default: the system's clock. */
  readonly wallClock?: () => number;
}

/** Tells clients what happens on this node: give it the events of the SFU. */
export class EventDesk {
  readonly #nodeNo: number;
  readonly #log: EventLog;
  readonly #open = new Map<EventStream, EventScope>();
  #isClosed = false;

  constructor({ nodeNo, wallClock = Date.now }: EventDeskOptions) {
    this.#nodeNo = nodeNo;
    this.#log = new EventLog({ nodeNo, wallClock });
  }

  note(event: SfuEvent): void {
    const content = describeEvent(event);
    if (content !== undefined) this.#log.note(event.appId, content);
  }

  /** Tells everybody that this node is about to end. @param deadlineAt when sessions that are still there are closed */
  noteDraining(region: string, deadlineAt: Date): void {
    this.#log.noteEverywhere({ type: 'node.draining', region, deadlineAt: deadlineAt.toISOString() });
  }

  get counts(): { readonly events: number; readonly streams: number } {
    return { events: this.#log.keptEvents, streams: this.#open.size };
  }

  /**
   * Begins to tell a client what happens on this node, after what it has missed.
   *
   * @param lastEventId of the last message that it got, if any
   * @throws no_capacity – there are too many streams
   */
  open(response: ServerResponse, scope: EventScope, lastEventId: string | undefined): EventStream {
    this.#checkRoom(scope);
    const known = lastEventId === undefined ? undefined : parsePositions(lastEventId);
    const stream = new EventStream(response, new Map([[this.#nodeNo, this.#log.newestSerial], ...(known ?? [])]));
    this.#open.set(stream, scope);
    const stopListening = this.#log.listen(scope, (event) => this.#tell(stream, scope, event));
    response.once('close', () => {
      stopListening();
      this.#open.delete(stream);
    });
    const position = known?.get(this.#nodeNo);
    if (position !== undefined) this.#catchUp(stream, scope, position);
    return stream;
  }

  /** Ends all streams; clients come back, and find another node. */
  close(): void {
    this.#isClosed = true;
    for (const stream of this.#open.keys()) stream.end();
  }

  #checkRoom({ appId }: EventScope): void {
    const ofApp = [...this.#open.values()].filter((scope) => scope.appId === appId).length;
    if (!this.#isClosed && this.#open.size < MAX_STREAMS && ofApp < MAX_STREAMS_PER_APP) return;
    throw new SfuError('no_capacity', 'too many clients listen to events of this node', { retryAfterMs: RETRY_AFTER_MS });
  }

  #catchUp(stream: EventStream, scope: EventScope, position: number): void {
    const { events, isComplete } = this.#log.since(scope, position);
    const before = events[0] === undefined ? this.#log.newestSerial : events[0].serial - 1;
    if (!isComplete) stream.send(this.#nodeNo, before, this.#log.describeLoss(before));
    for (const event of events) this.#tell(stream, scope, event);
  }

  #tell(stream: EventStream, scope: EventScope, { serial, sessionId, type, json }: LoggedEvent): void {
    stream.send(this.#nodeNo, serial, json);
    // Nothing comes after that, and a client that comes back is told that the session is closed.
    if (type === 'session.closed' && scope.sessionId !== undefined && scope.sessionId === sessionId) stream.end();
  }
}
