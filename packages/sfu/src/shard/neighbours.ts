/**
 * The other shards of this process, as seen by one of them. All have sockets on the same UDP port, and the kernel gives
 * an unknown peer's datagram to any of them. This file finds out which shard it belongs to.
 *
 * A connectivity check names the shard in its USERNAME (`shardNoOf`). Later datagrams on the same path do not, but a
 * shard that claims a path, after authenticating a check, tells the other shards before it answers that check.
 */
import { classifyDatagram, DropReason, type Path, type PlainSink } from '@causeway/media';
import { parseStun } from '@causeway/wire';
import type { SocketPath } from '../io/socket-path.ts';
import type { DatagramOrigin, PortSharing } from '../io/udp-port-options.ts';
import { shardNoOf } from '../negotiation/ice-credentials.ts';
import { type LinkMemory, Neighbour, type NeighbourChannel, type NeighbourListener, PassOnBudget, type PathNews } from './neighbour.ts';
import { LinkPath } from './shard-link.ts';

export interface NeighboursListener {
  /** A datagram for this shard that another shard received. */
  onPassedOn(origin: DatagramOrigin, datagram: Buffer): void;
  /** @param packet valid only until this returns */
  onLinkPacket(path: Path, packet: Buffer): void;
  /** It is time to call `look`, and to send what it finds, even without other input. */
  onLookDue(): void;
  /** The peer on a path claimed here has proved to another shard that it receives there. */
  onPathLost(origin: DatagramOrigin): void;
  /** Returns the paths claimed here, for a neighbour that has just started. */
  claimedPaths(): Iterable<SocketPath>;
  onDrop(reason: DropReason): void;
}

export class Neighbours implements PortSharing, PlainSink {
  readonly #shardNo: number;
  readonly #nowMs: () => number;
  readonly #byNo = new Map<number, Neighbour>();
  readonly #claimed = new ClaimedPaths();
  readonly #budget: PassOnBudget;
  #listener: NeighboursListener | undefined;

  constructor(shardNo: number, nowMs: () => number) {
    this.#shardNo = shardNo;
    this.#nowMs = nowMs;
    this.#budget = new PassOnBudget(nowMs());
  }

  /** The number of paths that other shards have claimed. */
  get foreignPaths(): number {
    return this.#claimed.size;
  }

  setListener(listener: NeighboursListener): void {
    this.#listener = listener;
  }

  /** Another shard has started, perhaps in place of one with the same number. */
  meet(channel: NeighbourChannel): void {
    this.part(channel.neighbourNo);
    const listener: NeighbourListener = {
      onPathNews: (news) => this.#handleNews(channel.neighbourNo, news),
      onPassedOn: (origin, datagram) => this.#listener?.onPassedOn(origin, datagram),
      onLinkPacket: (path, packet) => this.#listener?.onLinkPacket(path, packet),
      onLookDue: () => this.#listener?.onLookDue(),
    };
    const neighbour = new Neighbour(channel, listener, this.#nowMs);
    this.#byNo.set(channel.neighbourNo, neighbour);
    for (const path of this.#listener?.claimedPaths() ?? []) neighbour.tell({ type: 'path-claimed', origin: originOf(path) });
  }

  /** Removes a shard that is gone. */
  part(neighbourNo: number): void {
    this.#byNo.get(neighbourNo)?.close();
    this.#byNo.delete(neighbourNo);
    this.#claimed.releaseAll(neighbourNo);
  }

  /** @returns the path for the link's transport; undefined if the neighbour is gone */
  openLink(neighbourNo: number, memory: LinkMemory): LinkPath | undefined {
    return this.#byNo.get(neighbourNo)?.openLink(memory);
  }

  passOn(origin: DatagramOrigin, datagram: Uint8Array, isOurs: boolean): boolean {
    const named = classifyDatagram(datagram) === 'stun' ? shardNoNamedIn(datagram) : undefined;
    if (named !== undefined) return named !== this.#shardNo && this.#passCheckOn(named, origin, datagram);
    return !isOurs && this.#passToOwner(origin, datagram);
  }

  pathClaimed(path: SocketPath): void {
    this.#tell('path-claimed', path);
  }

  pathProven(path: SocketPath): void {
    this.#tell('path-proven', path);
  }

  pathReleased(path: SocketPath): void {
    this.#tell('path-released', path);
  }

  /** Writes a packet for another shard. */
  write(path: Path, bytes: Uint8Array, offset: number, length: number): void {
    if (!(path instanceof LinkPath)) return;
    if (!path.outbound.write(bytes, offset, length)) this.#listener?.onDrop(DropReason.ShardBehind);
  }

  pathClosed(path: Path): void {
    if (path instanceof LinkPath) for (const neighbour of this.#byNo.values()) neighbour.closeLink(path);
  }

  /** Polls for packets of busy links, which do not wake this shard. */
  look(nowMs: number): void {
    for (const neighbour of this.#byNo.values()) neighbour.look(nowMs);
  }

  /** The turn has ended, so packets for links are published. */
  flush(): void {
    for (const neighbour of this.#byNo.values()) neighbour.flush();
  }

  close(): void {
    for (const neighbour of this.#byNo.values()) neighbour.close();
    this.#byNo.clear();
  }

  #passCheckOn(shardNo: number, origin: DatagramOrigin, check: Uint8Array): boolean {
    const neighbour = this.#byNo.get(shardNo);
    // If the shard does not exist, the engine decides about the USERNAME.
    if (neighbour === undefined) return false;
    if (!this.#budget.admit(this.#nowMs())) this.#listener?.onDrop(DropReason.OverPassOnBudget);
    else if (!neighbour.passOn(origin, check)) this.#listener?.onDrop(DropReason.ShardBehind);
    return true;
  }

  #passToOwner(origin: DatagramOrigin, datagram: Uint8Array): boolean {
    const owner = this.#claimed.ownerOf(origin) ?? this.#ownerByLatestNews(origin);
    const neighbour = owner === undefined ? undefined : this.#byNo.get(owner);
    if (neighbour === undefined) return false;
    if (!neighbour.passOn(origin, datagram)) this.#listener?.onDrop(DropReason.ShardBehind);
    return true;
  }

  #ownerByLatestNews(origin: DatagramOrigin): number | undefined {
    for (const neighbour of this.#byNo.values()) neighbour.hearNews();
    return this.#claimed.ownerOf(origin);
  }

  #handleNews(neighbourNo: number, { type, origin }: PathNews): void {
    if (type === 'path-released') this.#claimed.release(origin, neighbourNo);
    else if (type === 'path-claimed') this.#claimed.claim(origin, neighbourNo);
    else {
      this.#claimed.prove(origin, neighbourNo);
      this.#listener?.onPathLost(origin);
    }
  }

  #tell(type: PathNews['type'], path: SocketPath): void {
    const news: PathNews = { type, origin: originOf(path) };
    for (const neighbour of this.#byNo.values()) neighbour.tell(news);
  }
}

/** @returns undefined if it is not a check with a USERNAME that begins with a ufrag of this SFU */
function shardNoNamedIn(datagram: Uint8Array): number | undefined {
  const message = parseStun(datagram);
  if (message?.messageClass !== 'request' || message.username === undefined) return undefined;
  // The USERNAME is the SFU's ufrag, a colon, and the client's (RFC 8445 §7.2.2).
  return shardNoOf(message.username);
}

function originOf({ shared, remoteAddress, remotePort }: SocketPath): DatagramOrigin {
  return { localAddress: shared.address, address: remoteAddress, port: remotePort };
}

/**
 * The other shards to which paths belong. It contains only paths that a shard has claimed after authenticating a
 * connectivity check, so unknown peers cannot make it grow.
 */
class ClaimedPaths {
  readonly #owners = new Map<string, number>();

  get size(): number {
    return this.#owners.size;
  }

  ownerOf(origin: DatagramOrigin): number | undefined {
    return this.#owners.get(keyOf(origin));
  }

  /** Records a claim. The first claim stays until it is released, because a second claimant may have forged the address. */
  claim(origin: DatagramOrigin, shardNo: number): void {
    const key = keyOf(origin);
    if (!this.#owners.has(key)) this.#owners.set(key, shardNo);
  }

  /** Records a proven claim, which overrides any other. */
  prove(origin: DatagramOrigin, shardNo: number): void {
    this.#owners.set(keyOf(origin), shardNo);
  }

  release(origin: DatagramOrigin, shardNo: number): void {
    const key = keyOf(origin);
    if (this.#owners.get(key) === shardNo) this.#owners.delete(key);
  }

  /** Releases the claims of a shard that is gone. */
  releaseAll(shardNo: number): void {
    for (const [key, owner] of this.#owners) if (owner === shardNo) this.#owners.delete(key);
  }
}

function keyOf({ localAddress, address, port }: DatagramOrigin): string {
  return `${port} ${address} ${localAddress}`;
}
