/** The transports of one shard: how they begin and end, and which of them owns a path or a user fragment. */
import type { Path } from './demux/path.ts';
import type { EngineContext } from './engine-context.ts';
import type { EngineTracks } from './engine-tracks.ts';
import type { TransportCloseReason, TransportPlan } from './plan.ts';
import { PeerTransport } from './transport/peer-transport.ts';
import { StunReceiver } from './transport/stun-receiver.ts';

/** Opens and closes the transports of an engine as plans say, or as they themselves ask. */
export class EngineTransports {
  readonly stun: StunReceiver;
  readonly #context: EngineContext;
  readonly #tracks: EngineTracks;
  readonly #byId = new Map<string, PeerTransport>();

  constructor(context: EngineContext, tracks: EngineTracks) {
    this.#context = context;
    this.#tracks = tracks;
    this.stun = new StunReceiver(context);
  }

  get size(): number {
    return this.#byId.size;
  }

  get(transportId: string): PeerTransport | undefined {
    return this.#byId.get(transportId);
  }

  values(): IterableIterator<PeerTransport> {
    return this.#byId.values();
  }

  open(nowMs: number, plan: TransportPlan): void {
    const transport = new PeerTransport(nowMs, this.#context, plan);
    this.#byId.set(plan.transportId, transport);
    this.#context.data.addPeer(transport, plan.dataLimits?.messagesPerSecond);
    this.stun.reindex(transport, [], transport.ice.localUfrags);
  }

  close(nowMs: number, transportId: string): void {
    const transport = this.#byId.get(transportId);
    if (transport !== undefined) this.#remove(nowMs, transport);
  }

  closeAll(nowMs: number): void {
    for (const transport of [...this.#byId.values()]) this.#remove(nowMs, transport);
  }

  /** Closes a transport that has ended by itself, and tells the owner. Does nothing if another has taken its id. */
  expire(nowMs: number, expired: { readonly id: string }, reason: TransportCloseReason): void {
    const transport = this.#byId.get(expired.id);
    if (transport === undefined || transport !== expired) return;
    this.#remove(nowMs, transport);
    this.#context.onEvent({ type: 'transport-closed', transportId: transport.id, reason });
  }

  /** Implements `EngineWiring.ufragsChanged`. */
  reindex(transportId: string, before: readonly string[], now: readonly string[]): void {
    const transport = this.#byId.get(transportId);
    if (transport !== undefined) this.stun.reindex(transport, before, now);
  }

  /** Implements `EngineWiring.releasePath`. */
  releasePath(path: Path): void {
    path.transport = undefined;
    path.isProven = false;
    path.allowanceBytes = 0;
    path.hasLostVideo = false;
    path.challenge = undefined;
    this.#context.sink.pathReleased(path);
    this.#context.plainSink.pathClosed(path);
  }

  #remove(nowMs: number, transport: PeerTransport): void {
    this.#tracks.removeAllOf(nowMs, transport);
    this.#context.data.removePeer(nowMs, transport.id);
    this.stun.reindex(transport, transport.ice.localUfrags, []);
    this.#byId.delete(transport.id);
    this.#context.forgetDeferred(transport.connection);
    // The last packets of the transport (BYE, close_notify) need its keys and paths.
    this.#flush(nowMs);
    transport.close();
    this.#flush(nowMs);
    transport.outbox.forgetSent();
  }

  #flush(nowMs: number): void {
    this.#context.time.nowMs = nowMs;
    this.#context.slots.flush();
  }
}
