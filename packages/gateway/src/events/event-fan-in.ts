/** The events of an app that happen on other nodes, brought into the stream of a client of this one. */
import { setTimeout as delay } from 'node:timers/promises';
import type { AppId } from '@causeway/protocol';
import type { NodeDirectory, NodeRecord } from '@causeway/sfu';
import type { CallForwarder } from '../forwarding/call-forwarder.ts';
import { formatPosition, parsePositions } from './event-position.ts';
import type { EventStream } from './event-stream.ts';
import { readEventStream } from './read-event-stream.ts';

const RECONNECT_AFTER_MS = 1_000;

export interface EventFanInOptions {
  readonly appId: AppId;
  /** Of the stream of events, below the base path of the API. */
  readonly path: string;
  readonly requestId: string;
  readonly stream: EventStream;
  readonly directory: NodeDirectory;
  readonly forwarder: CallForwarder;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Follows every other node for as long as it lives, and those that come later. */
export function fanInEvents(options: EventFanInOptions): void {
  const { directory, signal } = options;
  const followed = new Map<number, number>();
  const follow = (node: NodeRecord): void => {
    if (followed.get(node.nodeNo) === node.epoch) return;
    followed.set(node.nodeNo, node.epoch);
    void followNode(node, options);
  };
  for (const node of directory.others) follow(node);
  const unwatch = directory.watch({ onNodePut: follow, onNodeGone: ({ nodeNo }) => followed.delete(nodeNo) });
  signal.addEventListener('abort', unwatch, { once: true });
}

async function followNode({ nodeNo, epoch }: NodeRecord, options: EventFanInOptions): Promise<void> {
  const { directory, signal } = options;
  for (;;) {
    const node = directory.find(nodeNo);
    if (signal.aborted || node?.epoch !== epoch) return;
    // Whatever ends a connection to another node: it is made again, from where the client stands, as long as the node is there.
    await readNode(node, options).catch(() => undefined);
    await delay(RECONNECT_AFTER_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function readNode(node: NodeRecord, { appId, path, requestId, stream, forwarder, signal }: EventFanInOptions): Promise<void> {
  const serial = stream.positionOf(node.nodeNo);
  const position = serial === undefined ? {} : { 'Last-Event-ID': formatPosition(node.nodeNo, serial) };
  const headers = { 'X-Request-Id': requestId, ...position };
  const response = await forwarder.openStream(node, { appId, method: 'GET', path, body: undefined, headers }, signal);
  if (response.statusCode !== 200) {
    response.resume();
    return;
  }
  for await (const { id, data } of readEventStream(response)) {
    const reached = parsePositions(id)?.get(node.nodeNo);
    if (reached === undefined) continue;
    if (data === undefined) stream.advance(node.nodeNo, reached);
    else stream.send(node.nodeNo, reached, data);
  }
}
