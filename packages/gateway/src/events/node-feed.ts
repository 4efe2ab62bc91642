import { setTimeout as delay } from 'node:timers/promises';
import { ALL_GRANTS } from '@causeway/accounts';
import type { AppId } from '@causeway/protocol';
import type { NodeDirectory, NodeRecord } from '@causeway/sfu';
import type { CallForwarder } from '../forwarding/call-forwarder.ts';
import { describeLoss, formatPosition, parsePositions } from './event-position.ts';
import type { EventStream } from './event-stream.ts';
import { readEventStream } from './read-event-stream.ts';

const RECONNECT_AFTER_MS = 1_000;

/** A client of this node that listens to an app. */
export interface AppListener {
  readonly stream: EventStream;
  readonly requestId: string;
  /** Ends it. */
  readonly signal: AbortSignal;
}

export interface NodeFeedOptions {
  readonly appId: AppId;
  /** Path of the event stream, below the base path of the API. */
  readonly path: string;
  /** The other node, in one of its lives. */
  readonly node: Pick<NodeRecord, 'nodeNo' | 'epoch'>;
  readonly directory: NodeDirectory;
  readonly forwarder: CallForwarder;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** The last listener has left, or that life is over. */
  readonly onEnd: () => void;
}

interface FeedMessage {
  readonly serial: number;
  /** Undefined if it says only how far the node has come. */
  readonly data: string | undefined;
}

/** What happens in an app on one other node: read once, and told to all who listen to the app here. */
export class NodeFeed {
  readonly #options: NodeFeedOptions;
  readonly #listeners = new Set<EventStream>();
  /** Those of them who have heard all that the feed has read. */
  readonly #level = new Set<EventStream>();
  readonly #ending = new AbortController();
  readonly #begun = Promise.withResolvers<void>();
  /** How far it has read; undefined before the first connection. */
  #serial: number | undefined;
  #hasFailedToBegin = false;

  constructor(options: NodeFeedOptions) {
    this.#options = options;
  }

  /** Adds a listener, and starts the feed for the first one; does nothing for a known listener. */
  join(listener: AppListener): void {
    const { stream, requestId, signal } = listener;
    if (this.#listeners.has(stream)) return;
    this.#listeners.add(stream);
    signal.addEventListener('abort', () => this.#leave(stream), { once: true });
    if (stream.positionOf(this.#options.node.nodeNo) === undefined) this.#beginHere(stream);
    else void this.#catchUp(listener);
    if (this.#listeners.size === 1) void this.#run(requestId);
  }

  #beginHere(stream: EventStream): void {
    if (this.#serial !== undefined) stream.advance(this.#options.node.nodeNo, this.#serial);
    this.#level.add(stream);
  }

  #leave(stream: EventStream): void {
    this.#listeners.delete(stream);
    this.#level.delete(stream);
    if (this.#listeners.size === 0) this.#end();
  }

  #end(): void {
    if (this.#ending.signal.aborted) return;
    this.#ending.abort();
    this.#begun.resolve();
    this.#options.onEnd();
  }

  async #run(requestId: string): Promise<void> {
    const { signal } = this.#ending;
    for (let node = this.#find(); node !== undefined; node = this.#find()) {
      // Whatever ends a connection to another node: it is made again, from where the feed stands, as long as the node is there.
      await this.#readOn(node, requestId).catch(() => undefined);
      this.#hasFailedToBegin ||= this.#serial === undefined;
      await delay(RECONNECT_AFTER_MS, undefined, { signal }).catch(() => undefined);
    }
    this.#end();
  }

  async #readOn(node: NodeRecord, requestId: string): Promise<void> {
    for await (const message of this.#read(node, { after: this.#serial, requestId, signal: this.#ending.signal })) {
      // The node cannot know since when they listen, so it will not say that they have missed some.
      if (this.#serial === undefined && this.#hasFailedToBegin) this.#tell(this.#lossBefore(message));
      this.#tell(message);
      this.#serial = message.serial;
      this.#begun.resolve();
    }
  }

  #lossBefore({ serial }: FeedMessage): FeedMessage {
    const { node, wallClock } = this.#options;
    return { serial, data: describeLoss(node.nodeNo, serial, wallClock()) };
  }

  #tell(message: FeedMessage): void {
    for (const stream of this.#level) {
      const position = stream.positionOf(this.#options.node.nodeNo);
      // Who has caught up may be a little ahead.
      if (position === undefined || position < message.serial) this.#send(stream, message);
    }
  }

  /** Brings a client that comes back from where it stands to where the feed does, by a connection of its own. */
  async #catchUp(listener: AppListener): Promise<void> {
    const signal = AbortSignal.any([listener.signal, this.#ending.signal]);
    await this.#begun.promise;
    for (let node = this.#find(); node !== undefined && !signal.aborted; node = this.#find()) {
      if (await this.#readUntilLevel(node, { ...listener, signal }).catch(() => false)) return;
      await delay(RECONNECT_AFTER_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #readUntilLevel(node: NodeRecord, { stream, requestId, signal }: AppListener): Promise<boolean> {
    let isEcho = true;
    for await (const message of this.#read(node, { after: stream.positionOf(node.nodeNo), requestId, signal })) {
      if (isEcho) {
        // It repeats what was asked for, which the node need not know: it may be of another life.
        isEcho = false;
        continue;
      }
      await stream.drained();
      this.#send(stream, message);
      if (signal.aborted || message.serial < (this.#serial ?? 0)) continue;
      // In the turn of the comparison, or an event could pass between the two connections.
      this.#level.add(stream);
      return true;
    }
    return false;
  }

  #send(stream: EventStream, { serial, data }: FeedMessage): void {
    const { nodeNo } = this.#options.node;
    if (data === undefined) stream.advance(nodeNo, serial);
    else stream.send(nodeNo, serial, data);
  }

  async *#read(
    node: NodeRecord,
    { after, requestId, signal }: { readonly after: number | undefined; readonly requestId: string; readonly signal: AbortSignal },
  ): AsyncGenerator<FeedMessage> {
    const { appId, path, forwarder } = this.#options;
    const position = after === undefined ? {} : { 'Last-Event-ID': formatPosition(node.nodeNo, after) };
    const headers = { 'X-Request-Id': requestId, ...position };
    // The feed is for all clients of the app here; what each of them may hear is decided at its own stream.
    const call = { appId, grants: ALL_GRANTS, method: 'GET', path, body: undefined, headers };
    const response = await forwarder.openStream(node, call, signal);
    if (response.statusCode !== 200) {
      response.resume();
      return;
    }
    for await (const { id, data } of readEventStream(response)) {
      const serial = parsePositions(id)?.get(node.nodeNo);
      if (serial !== undefined) yield { serial, data };
    }
  }

  /** @returns undefined if that life is over, or there are no listeners */
  #find(): NodeRecord | undefined {
    const { node, directory } = this.#options;
    const found = directory.find(node.nodeNo);
    return found?.epoch === node.epoch && !this.#ending.signal.aborted ? found : undefined;
  }
}
