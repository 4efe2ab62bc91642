/** Brings an app's events from other nodes into the streams of this node's clients. */
import type { AppId } from '@causeway/protocol';
import type { NodeDirectory, NodeRecord } from '@causeway/sfu';
import type { CallForwarder } from '../forwarding/call-forwarder.ts';
import { type AppListener, NodeFeed } from './node-feed.ts';

export interface EventFanInOptions {
  readonly directory: NodeDirectory;
  readonly forwarder: CallForwarder;
  /** Milliseconds since 1970. Default: the system's clock. */
  readonly wallClock?: () => number;
}

/** One feed for each app and each other node, however many clients listen to the app. */
export class EventFanIn {
  readonly #options: Required<EventFanInOptions>;
  /** By app and life of a node. */
  readonly #feeds = new Map<string, NodeFeed>();

  constructor({ wallClock = Date.now, ...options }: EventFanInOptions) {
    this.#options = { ...options, wallClock };
  }

  /**
   * Has a client hear of every other node for as long as it lives, and of those that come later.
   *
   * @param path of the stream of events, below the base path of the API
   */
  follow(appId: AppId, path: string, listener: AppListener): void {
    const { directory } = this.#options;
    const follow = (node: NodeRecord): void => this.#feedOf(node, appId, path).join(listener);
    for (const node of directory.others) follow(node);
    // That one has gone its feed finds out by itself: it may be a Redis that the node cannot reach.
    const unwatch = directory.watch({ onNodePut: follow, onNodeGone: () => undefined });
    listener.signal.addEventListener('abort', unwatch, { once: true });
  }

  #feedOf({ nodeNo, epoch }: NodeRecord, appId: AppId, path: string): NodeFeed {
    const key = `${appId} ${nodeNo} ${epoch}`;
    const known = this.#feeds.get(key);
    if (known !== undefined) return known;
    const feed = new NodeFeed({ ...this.#options, appId, path, node: { nodeNo, epoch }, onEnd: () => this.#feeds.delete(key) });
    this.#feeds.set(key, feed);
    return feed;
  }
}
