/**
 * The UDP port of a node, with one unconnected socket per local address. Where the system has calls for many datagrams,
 * that socket carries everything: datagrams for many peers leave in one call (docs/adr/0011), and waiting datagrams are
 * read in one call (docs/adr/0018).
 *
 * Elsewhere, and where several threads share the port, a peer whose path ICE has nominated gets a second socket on the
 * same port, connected to it. The kernel then delivers its datagrams there, and to the right thread (docs/adr/0005). A
 * link to another node always gets such a socket, with a buffer of its own.
 */
import type { RemoteInfo } from 'node:dgram';
import { isIP } from 'node:net';
import { classifyDatagram, type DatagramSink, DropReason, type Path, SendKind } from '@causeway/media';
import { openConnectedSocket } from './connected-socket.ts';
import { AddressSlots, NO_ADDRESS_SLOT } from './datagram-batch.ts';
import { isLoopback } from './local-addresses.ts';
import { openLocalSocket, probePort } from './local-socket.ts';
import { createNodeClock } from './node-clock.ts';
import { Outlet } from './outlet.ts';
import { canonicalAddress, isSendableAddress, sourceAddressTowards } from './remote-address.ts';
import type { SendCounters } from './send-counters.ts';
import { SharedReceiver, type SharedReceiverListener, type Source } from './shared-receiver.ts';
import { type LocalSocket, PathTable, SocketPath, SocketSender } from './socket-path.ts';
import type { DatagramOrigin, UdpPortCounts, UdpPortOptions } from './udp-port-options.ts';
import { Uplink } from './uplink.ts';

export class UdpPort extends SocketSender implements DatagramSink {
  /** Undefined if each datagram is received by itself. */
  readonly receiver: SharedReceiver | undefined;
  readonly #options: UdpPortOptions;
  readonly #table = new PathTable();
  readonly #connected = new Set<SocketPath>();
  readonly #addressSlots: AddressSlots | undefined;
  readonly #uplink: Uplink;
  #port: number;

  constructor(options: UdpPortOptions) {
    super();
    const {
      systemCalls,
      clock = createNodeClock(),
      sharing,
      onDatagram,
      onAhead = () => undefined,
      onDrop,
      onUnsent = () => undefined,
      onUplinkFree,
    } = options;
    this.#options = options;
    this.#port = options.port;
    this.#addressSlots = systemCalls && new AddressSlots();
    if (systemCalls !== undefined && sharing === undefined) {
      const onStranger: SharedReceiverListener['onStranger'] = (...came) => this.#receiveShared(...came);
      this.receiver = new SharedReceiver(systemCalls, this.#table, { onDatagram, onAhead, onStranger });
    }
    this.#uplink = new Uplink(clock, {
      onLost: (why) => onDrop(why === 'full' ? DropReason.UplinkFull : DropReason.SendRefused),
      onUnsent,
      onFreeAgain: onUplinkFree,
    });
  }

  /** The port in use; until `open` has finished, the requested one. */
  get port(): number {
    return this.#port;
  }

  /** The number of objects of each kind that the port holds. */
  get counts(): UdpPortCounts {
    return {
      paths: this.#table.size,
      connectedSockets: this.#connected.size,
      addressSlots: this.#addressSlots?.taken ?? 0,
      queuedDatagrams: this.#uplink.queuedDatagrams,
      queuedBytes: this.#uplink.queuedBytes,
    };
  }

  /** What could not be sent so far. */
  get sendCounters(): Readonly<SendCounters> {
    return this.#uplink.counters;
  }

  /** @throws the system's error, such as EADDRINUSE; nothing stays open in that case */
  async open(): Promise<void> {
    try {
      for (const address of this.#options.addresses) await this.#openLocal(address);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  send(path: Path, datagram: Uint8Array): void {
    if (!(path instanceof SocketPath)) return;
    const { outlet } = path;
    // Unknown peers may send any number of requests, and the answers must not take the room of audio.
    if (path.transport === undefined && !outlet.isClear) this.#uplink.lose(path, SendKind.Control, datagram);
    else outlet.send(path, datagram, 0, datagram.length, SendKind.Control);
  }

  pathSelected(path: Path): void {
    if (!(path instanceof SocketPath)) return;
    this.#options.sharing?.pathProven(path);
    if (!this.#options.connectPaths || path.connected !== undefined) return;
    if (path.transport?.isLink !== true && !this.#isWorthSocket(path)) return;
    const socket = openConnectedSocket(path, this.#port, {
      onMessage: (datagram, from) => {
        this.#receiveConnected(path, datagram, from);
        freeReceivedRtp(datagram);
      },
      onFailed: () => this.#disconnect(path),
    });
    if (socket === undefined) return;
    path.connected = socket;
    path.outlet = new Outlet(socket, true, this.#uplink);
    this.#connected.add(path);
  }

  openPath(address: string, port: number): Path | undefined {
    const remoteAddress = canonicalAddress(address);
    const local = remoteAddress === undefined ? undefined : this.#localTowards(remoteAddress);
    if (remoteAddress === undefined || local === undefined || !isSendableAddress(remoteAddress, port)) return undefined;
    const known = this.#table.find(local, remoteAddress, port);
    if (known !== undefined) return known;
    const path = new SocketPath(local, remoteAddress, port);
    this.#claim(path);
    return path;
  }

  pathReleased(path: Path): void {
    if (!(path instanceof SocketPath)) return;
    this.#forget(path);
    this.#options.sharing?.pathReleased(path);
  }

  /** Paths that transports have claimed. */
  claimedPaths(): Iterable<SocketPath> {
    return this.#table.paths();
  }

  /** Accepts a datagram that another shard received on the same port. */
  receivePassedOn({ localAddress, address, port }: DatagramOrigin, datagram: Uint8Array): void {
    const local = this.locals.find((candidate) => candidate.address === localAddress);
    if (!isSendableAddress(address, port)) this.#options.onDrop(DropReason.UnsendableAddress);
    else if (local !== undefined) this.#take(local, datagram, address, port);
  }

  /** Releases a path whose address now belongs to another shard's peer. */
  yieldPath({ localAddress, address, port }: DatagramOrigin): void {
    const local = this.locals.find((candidate) => candidate.address === localAddress);
    const path = local && this.#table.find(local, address, port);
    if (path !== undefined) this.#forget(path);
  }

  close(): void {
    for (const path of [...this.#connected]) this.#disconnect(path);
    for (const { socket, batch, outlet } of this.locals) {
      batch?.close();
      outlet.close();
      socket.close();
    }
    this.locals.length = 0;
    this.receiver?.close();
    this.#uplink.close();
  }

  #isWorthSocket({ shared }: SocketPath): boolean {
    return this.receiver?.reads(shared) !== true && this.#connected.size < this.#options.maxConnectedSockets;
  }

  /**
   * Returns the socket of the address that the system would send from, or the first of the family if the system does
   * not tell.
   */
  #localTowards(remoteAddress: string): LocalSocket | undefined {
    const family = isIP(remoteAddress);
    const routed = sourceAddressTowards(remoteAddress);
    return (
      this.locals.find(({ address }) => address === routed) ??
      this.locals.find(({ address }) => isIP(address) === family && isLoopback(address) === isLoopback(remoteAddress))
    );
  }

  async #openLocal(address: string): Promise<void> {
    const { connectPaths, sharing } = this.#options;
    // A shared port would hide a second server on it, so the port is first bound exclusively for a moment.
    if (connectPaths && sharing === undefined) this.#port = await probePort(address, this.#port);
    const { systemCalls } = this.#options;
    const addressSlots = this.#addressSlots;
    const local = await openLocalSocket({
      address,
      port: this.#port,
      reusePort: connectPaths || sharing !== undefined,
      batching: systemCalls && addressSlots && { systemCalls, addressSlots },
      uplink: this.#uplink,
    });
    const { socket } = local;
    this.#port = socket.address().port;
    this.locals.push(local);
    this.receiver?.add(local);
    socket.on('message', (datagram, from) => {
      this.#receiveShared(local, datagram, from);
      freeReceivedRtp(datagram);
      // More datagrams usually wait, and each one that libuv reads costs a call and a buffer.
      this.receiver?.receive();
    });
    // Receiving may fail once. A datagram that cannot be sent is not reported: its peer receives nothing, and ICE tries
    // another path.
    socket.on('error', () => undefined);
  }

  /**
   * Until it is connected, the socket also receives other peers' datagrams, which may be read from it at any later
   * time.
   */
  #receiveConnected(path: SocketPath, datagram: Uint8Array, from: RemoteInfo): void {
    const isFromPeer = from.port === path.remotePort && from.address === path.remoteAddress;
    if (!isFromPeer) this.#receiveShared(path.shared, datagram, from);
    else if (!this.#isCheckOfAnother(path, datagram, from)) this.#options.onDatagram(path, datagram);
  }

  /** A client that has started again from the same address may now belong to another shard. */
  #isCheckOfAnother({ shared }: SocketPath, datagram: Uint8Array, from: RemoteInfo): boolean {
    const { sharing } = this.#options;
    return sharing !== undefined && classifyDatagram(datagram) === 'stun' && sharing.passOn(originOf(shared, from), datagram, true);
  }

  #receiveShared(local: LocalSocket, datagram: Uint8Array, from: Source): void {
    if (!isSendableAddress(from.address, from.port)) {
      this.#options.onDrop(DropReason.UnsendableAddress);
      return;
    }
    const { sharing } = this.#options;
    if (sharing !== undefined) {
      const isOurs = this.#table.find(local, from.address, from.port) !== undefined;
      if (sharing.passOn(originOf(local, from), datagram, isOurs)) return;
    }
    this.#take(local, datagram, from.address, from.port);
  }

  #take(local: LocalSocket, datagram: Uint8Array, address: string, port: number): void {
    const known = this.#table.find(local, address, port);
    const path = known ?? new SocketPath(local, address, port);
    this.#options.onDatagram(path, datagram);
    // Only a path that a transport has claimed is remembered, so unknown peers leave no state behind.
    if (known === undefined && path.transport !== undefined) this.#claim(path);
  }

  #claim(path: SocketPath): void {
    this.#table.add(path);
    if (path.shared.batch !== undefined && this.#addressSlots !== undefined && path.addressSlot === NO_ADDRESS_SLOT)
      path.addressSlot = this.#addressSlots.take(path.remoteAddress, path.remotePort);
    this.#options.sharing?.pathClaimed(path);
  }

  #forget(path: SocketPath): void {
    this.#table.remove(path);
    this.#addressSlots?.giveBack(path.addressSlot);
    path.addressSlot = NO_ADDRESS_SLOT;
    path.shared.batch?.forgetSent();
    path.shared.outlet.forget(path);
    this.#disconnect(path);
  }

  #disconnect(path: SocketPath): void {
    const socket = path.connected;
    if (socket === undefined) return;
    path.connected = undefined;
    path.outlet.close();
    path.outlet = path.shared.outlet;
    this.#connected.delete(path);
    socket.removeAllListeners('message');
    socket.close();
  }
}

function originOf({ address: localAddress }: LocalSocket, { address, port }: Source): DatagramOrigin {
  return { localAddress, address, port };
}

/**
 * Frees the memory of a received RTP packet at once instead of leaving it to the garbage collector. V8 marks its whole
 * heap whenever the memory of buffers has grown by a few megabytes, which costs more than forwarding the packets in
 * them (docs/performance.md).
 *
 * @param datagram as `dgram` returns it; if it is RTP, it is empty afterwards
 */
export function freeReceivedRtp(datagram: Buffer): void {
  if (classifyDatagram(datagram) !== 'rtp') return;
  // Node gives each datagram its own memory. If it ever shares memory, other datagrams must keep theirs.
  if (datagram.buffer.byteLength === datagram.byteLength) (datagram.buffer as ArrayBuffer).transfer(0);
}
