import { createHash } from 'node:crypto';
import type { CallClaims } from '@causeway/cluster';
import { type ErrorCode, SfuError } from '@causeway/protocol';
import type { GeoPoint, NodeDirectory, NodeIdentity, NodeRecord } from '@causeway/sfu';
import { type CallForwarder, nodeUnreachable, type PassedCall } from '../forwarding/call-forwarder.ts';
import type { CallReply } from '../forwarding/call-reply.ts';
import { NodeCallError } from '../forwarding/node-client.ts';
import { rankNodes } from './rank-nodes.ts';

/** Each may take seconds to fail, while the client waits. */
const MAX_NODES_TRIED = 4;
const REFUSALS: readonly ErrorCode[] = ['no_capacity', 'draining', 'registry_unavailable'];

/** A session to be created on some node. */
export interface SessionOrder {
  readonly call: PassedCall;
  readonly client: GeoPoint | undefined;
  /** The region that the client asked for; only its nodes are tried. */
  readonly region: string | undefined;
  readonly idempotencyKey: string | undefined;
  /** Creates the session on this node. */
  readonly createHere: () => Promise<CallReply>;
}

export interface SessionPlacementOptions {
  readonly directory: NodeDirectory;
  readonly forwarder: CallForwarder;
  readonly claims: CallClaims;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** The outcome of asking one node. */
type Attempt = { readonly kind: 'reply'; readonly reply: CallReply } | { readonly kind: 'refusal'; readonly finish: () => CallReply };

/** Finds a node that accepts a new session. */
export class SessionPlacement {
  readonly #options: SessionPlacementOptions;

  constructor(options: SessionPlacementOptions) {
    this.#options = options;
  }

  /**
   * Creates a session on the best node that accepts it. If a node refuses or cannot be reached, another one is tried,
   * but not if the node may have created the session.
   *
   * @throws invalid_params – no such region was ever known
   * @throws no_capacity, draining – no node accepts it
   * @throws node_unreachable – a node was asked and did not answer
   */
  async place(order: SessionOrder): Promise<CallReply> {
    let candidates = this.#candidates(order);
    let refused: { readonly node: NodeRecord; readonly finish: () => CallReply } | undefined;
    for (let tried = 0; tried < MAX_NODES_TRIED; tried++) {
      const [best] = candidates;
      if (best === undefined) break;
      const node = await this.#holderOf(order, best, refused?.node);
      const attempt = await this.#tryAt(node, order);
      if (attempt.kind === 'reply') return attempt.reply;
      refused = { node, finish: attempt.finish };
      candidates = candidates.filter(({ nodeNo }) => nodeNo !== node.nodeNo);
    }
    if (refused === undefined) throw this.#noNode(order.region);
    return refused.finish();
  }

  #candidates({ client, region }: SessionOrder): readonly NodeRecord[] {
    const { self, others, knownRegions } = this.#options.directory;
    if (region !== undefined && !knownRegions.has(region)) throw unknownRegion(region, [...knownRegions]);
    return rankNodes({ self, others, client, region, random: this.#options.random });
  }

  /** A repeated call must go to the node that has the reply, whichever node receives it. */
  async #holderOf({ call, idempotencyKey }: SessionOrder, candidate: NodeRecord, refusing: NodeRecord | undefined): Promise<NodeRecord> {
    if (idempotencyKey === undefined) return candidate;
    const key = createHash('sha256').update(idempotencyKey).digest('base64url');
    // Without Redis, a repeated call is still recognised by the node that carried it out.
    const claim = (voidHolder: NodeIdentity | undefined) =>
      this.#options.claims.claim(call.appId, key, candidate, voidHolder).catch(() => candidate);
    const holder = await claim(refusing);
    return this.#findLife(holder) ?? this.#findLife(await claim(holder)) ?? candidate;
  }

  #findLife({ nodeNo, epoch }: NodeIdentity): NodeRecord | undefined {
    const node = this.#options.directory.find(nodeNo);
    return node?.epoch === epoch ? node : undefined;
  }

  async #tryAt(node: NodeRecord, { call, createHere }: SessionOrder): Promise<Attempt> {
    try {
      const isHere = node.nodeNo === this.#options.directory.self.nodeNo;
      const reply = isHere ? await createHere() : await this.#options.forwarder.passOn(node, call);
      return reply.httpStatus === 503 ? { kind: 'refusal', finish: () => reply } : { kind: 'reply', reply };
    } catch (error) {
      const cause = error instanceof NodeCallError ? nodeUnreachable(node.nodeNo, error) : error;
      if (!isRefusal(error)) throw cause;
      return { kind: 'refusal', finish: () => raise(cause) };
    }
  }

  #noNode(region: string | undefined): SfuError {
    if (region !== undefined) return new SfuError('no_capacity', `no node of region ${region} accepts new sessions at present`);
    return new SfuError('draining', 'this node is shutting down, and there is no other node');
  }
}

function isRefusal(error: unknown): boolean {
  if (error instanceof NodeCallError) return error.failure === 'unreached';
  return error instanceof SfuError && REFUSALS.includes(error.code);
}

function raise(error: unknown): never {
  throw error;
}

/** Returns the error for a region of which no node was ever seen. If its nodes are only gone at present, the error is `no_capacity`. */
export function unknownRegion(region: string, known: readonly string[]): SfuError {
  const regions = [...known].sort();
  return new SfuError('invalid_params', `region "${region}" is not one of ${regions.join(', ')}`, { details: { path: 'region', regions } });
}
