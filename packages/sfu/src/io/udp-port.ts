/**
 * The one UDP port of a node. Strangers and newcomers arrive at an unconnected socket per local address. A peer whose path
 * ICE has nominated gets a second socket on the same port, connected to it: the kernel then delivers its datagrams there, and
 * sending costs a third less (docs/adr/0005). What is sent to many at once goes out of the unconnected one, in one system call where
 * there is one for it (docs/adr/0011).
 */
import type { RemoteInfo, Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { classifyDatagram, type DatagramSink, type Path } from '@causeway/media';
import { AddressSlots, NO_ADDRESS_SLOT } from './address-slots.ts';
import { canonicalAddress } from './canonical-address.ts';
import { DatagramBatch } from './datagram-batch.ts';
import { freeReceivedRtp } from './free-received-rtp.ts';
import { bindSocket, createLiteralSocket } from './literal-socket.ts';
import { isLoopback } from './local-addresses.ts';
import { PathTable } from './path-table.ts';
import type { DatagramOrigin, PortSharing } from './port-sharing.ts';
import { type LocalSocket, SocketPath } from './socket-path.ts';
import { sourceAddressTowards } from './source-address.ts';
import type { SystemCalls } from './system-calls.ts';

/** Room for a burst of newcomers while the event loop is busy. */
const SHARED_RECEIVE_BUFFER_BYTES = 4 << 20;
/** Room for what a packet of each of several large fan-outs makes at once; systems grant what they think fit. */
const SHARED_SEND_BUFFER_BYTES = 4 << 20;
/** A publisher of 8 Mbit/s for half a second; the kernel counts twice what a packet has, and takes memory only for what is in it. */
const CONNECTED_RECEIVE_BUFFER_BYTES = 1 << 20;
/** As much as most systems grant: hundreds of tracks come on it. */
const LINK_RECEIVE_BUFFER_BYTES = 4 << 20;

export interface UdpPortOptions {
  /** Local addresses, no wildcards. */
  readonly addresses: readonly string[];
  /** 0 takes a free port, the same on all addresses. */
  readonly port: number;
  /** Whether nominated paths get sockets of their own. */
  readonly connectPaths: boolean;
  /** How many of them; the others share the sockets that strangers arrive at, which costs more for each packet. */
  readonly maxConnectedSockets: number;
  /** To send many datagrams with one call. Default: each is sent by itself. */
  readonly systemCalls?: SystemCalls | undefined;
  /** Takes a datagram; its bytes are the receiver's, those of RTP only until it returns. */
  readonly onDatagram: (path: Path, datagram: Uint8Array) => void;
  /** Knows the others that have sockets on the same port; then somebody has made sure that nobody else has. Default: there are none. */
  readonly sharing?: PortSharing | undefined;
}

/** Whether the kernel delivers to the connected one of several sockets on a port: Linux does, others have no SO_REUSEPORT for it. */
export function canConnectPaths(): boolean {
  return process.platform === 'linux';
}

export class UdpPort implements DatagramSink {
  readonly #options: UdpPortOptions;
  readonly #locals: LocalSocket[] = [];
  readonly #table = new PathTable();
  readonly #connected = new Set<SocketPath>();
  readonly #addressSlots: AddressSlots | undefined;
  #port: number;

  constructor(options: UdpPortOptions) {
    this.#options = options;
    this.#port = options.port;
    this.#addressSlots = options.systemCalls && new AddressSlots();
  }

  /** The port in use; the one asked for until `open` is done. */
  get port(): number {
    return this.#port;
  }

  /** How many paths are known, how many of them have sockets of their own, and to how many many datagrams are sent with one call. */
  get counts(): { readonly paths: number; readonly connectedSockets: number; readonly addressSlots: number } {
    return { paths: this.#table.size, connectedSockets: this.#connected.size, addressSlots: this.#addressSlots?.taken ?? 0 };
  }

  /** @throws the system's error, EADDRINUSE say; nothing stays open then */
  async open(): Promise<void> {
    try {
      for (const address of this.#options.addresses) await this.#openLocal(address);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  send(path: Path, bytes: Uint8Array, offset: number, length: number): void {
    if (!(path instanceof SocketPath)) return;
    if (path.connected === undefined) path.shared.socket.send(bytes, offset, length, path.remotePort, path.remoteAddress);
    else path.connected.send(bytes, offset, length);
  }

  queue(path: Path, bytes: Uint8Array, offset: number, length: number): void {
    if (!(path instanceof SocketPath)) return;
    const { batch } = path.shared;
    if (batch === undefined || path.addressSlot === NO_ADDRESS_SLOT) this.send(path, bytes, offset, length);
    else batch.add(path, bytes, offset, length);
  }

  sendQueued(): void {
    for (let index = 0; index < this.#locals.length; index++) this.#locals[index]?.batch?.send();
  }

  pathSelected(path: Path): void {
    if (!(path instanceof SocketPath)) return;
    this.#options.sharing?.pathProven(path);
    if (!this.#options.connectPaths || path.connected !== undefined) return;
    // Links are few, and each carries more than a client does.
    const isLink = path.transport?.isLink === true;
    if (this.#connected.size >= this.#options.maxConnectedSockets && !isLink) return;
    const { address } = path.shared;
    const receiveBufferBytes = isLink ? LINK_RECEIVE_BUFFER_BYTES : CONNECTED_RECEIVE_BUFFER_BYTES;
    const socket = createLiteralSocket(address, { reusePort: true, receiveBufferBytes });
    socket.on('message', (datagram, from) => {
      this.#receiveConnected(path, datagram, from);
      freeReceivedRtp(datagram);
    });
    // Without file descriptors left the shared socket goes on serving the path; an ICMP answer later says no more than
    // that the peer is gone, which consent notices.
    socket.on('error', () => this.#disconnect(path));
    path.connected = socket;
    this.#connected.add(path);
    socket.bind({ address, port: this.#port, exclusive: true });
    if (path.connected === socket) socket.connect(path.remotePort, path.remoteAddress);
  }

  openPath(address: string, port: number): Path | undefined {
    const remoteAddress = canonicalAddress(address);
    const local = remoteAddress === undefined ? undefined : this.#localTowards(remoteAddress);
    if (remoteAddress === undefined || local === undefined) return undefined;
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

  /** Takes a datagram that came to another one on the same port. */
  receivePassedOn({ localAddress, address, port }: DatagramOrigin, datagram: Uint8Array): void {
    const local = this.#locals.find((candidate) => candidate.address === localAddress);
    if (local !== undefined) this.#take(local, datagram, address, port);
  }

  /** Whoever is there now is another one's peer: what comes from there is no longer for us. */
  yieldPath({ localAddress, address, port }: DatagramOrigin): void {
    const local = this.#locals.find((candidate) => candidate.address === localAddress);
    const path = local && this.#table.find(local, address, port);
    if (path !== undefined) this.#forget(path);
  }

  close(): void {
    for (const path of [...this.#connected]) this.#disconnect(path);
    for (const { socket, batch } of this.#locals) {
      batch?.close();
      socket.close();
    }
    this.#locals.length = 0;
  }

  /** The socket of the address that the system would send from; the first of the family where it does not say. */
  #localTowards(remoteAddress: string): LocalSocket | undefined {
    const family = isIP(remoteAddress);
    const routed = sourceAddressTowards(remoteAddress);
    return (
      this.#locals.find(({ address }) => address === routed) ??
      this.#locals.find(({ address }) => isIP(address) === family && isLoopback(address) === isLoopback(remoteAddress))
    );
  }

  async #openLocal(address: string): Promise<void> {
    const { connectPaths, sharing } = this.#options;
    // A shared port would hide a second server on it, so it is taken alone for a moment first.
    if (connectPaths && sharing === undefined) this.#port = await probePort(address, this.#port);
    const reusePort = connectPaths || sharing !== undefined;
    const buffers = { receiveBufferBytes: SHARED_RECEIVE_BUFFER_BYTES, sendBufferBytes: SHARED_SEND_BUFFER_BYTES };
    const createSocket = (): Socket => createLiteralSocket(address, { reusePort, ...buffers });
    const local = (reusePort ? this.#openBatchingSocket(address, createSocket) : undefined) ?? {
      socket: createSocket(),
      address,
      batch: undefined,
    };
    const { socket } = local;
    if (local.batch === undefined) await bindSocket(socket, address, this.#port);
    this.#port = socket.address().port;
    this.#locals.push(local);
    socket.on('message', (datagram, from) => {
      this.#receiveShared(local, datagram, from);
      freeReceivedRtp(datagram);
    });
    // Receiving may fail, once; nobody is told of a datagram that cannot be sent: its peer hears nothing, and ICE tries another way.
    socket.on('error', () => undefined);
  }

  /** A socket whose descriptor we know, because we have opened and bound it. @returns undefined where that is not to be had */
  #openBatchingSocket(address: string, createSocket: () => Socket): LocalSocket | undefined {
    const { systemCalls } = this.#options;
    const addressSlots = this.#addressSlots;
    if (systemCalls === undefined || addressSlots === undefined) return undefined;
    const fd = systemCalls.openSharedSocket(address, this.#port);
    if (fd === undefined) return undefined;
    const socket = createSocket();
    try {
      socket.bind({ fd, exclusive: true });
    } catch {
      systemCalls.close(fd);
      socket.close();
      return undefined;
    }
    systemCalls.forbidAddressReuse(fd);
    // Sockets of their own have buffers of their own, and libuv keeps what does not fit these.
    const sendAlone: DatagramSink['send'] = (path, bytes, offset, length) => this.send(path, bytes, offset, length);
    return { socket, address, batch: new DatagramBatch(systemCalls, fd, addressSlots, sendAlone) };
  }

  /** Until it is connected, a socket is given strangers' datagrams too, and they may come out of it at any time later. */
  #receiveConnected(path: SocketPath, datagram: Uint8Array, from: RemoteInfo): void {
    const isFromPeer = from.port === path.remotePort && from.address === path.remoteAddress;
    if (!isFromPeer) this.#receiveShared(path.shared, datagram, from);
    else if (!this.#isCheckOfAnother(path, datagram, from)) this.#options.onDatagram(path, datagram);
  }

  /** A client that has begun anew from the same address may have come to another one than before. */
  #isCheckOfAnother({ shared }: SocketPath, datagram: Uint8Array, from: RemoteInfo): boolean {
    const { sharing } = this.#options;
    return sharing !== undefined && classifyDatagram(datagram) === 'stun' && sharing.passOn(originOf(shared, from), datagram, true);
  }

  #receiveShared(local: LocalSocket, datagram: Uint8Array, from: RemoteInfo): void {
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
    // Strangers leave no trace: only a path that a transport has claimed is remembered.
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
    this.#disconnect(path);
  }

  #disconnect(path: SocketPath): void {
    const socket = path.connected;
    if (socket === undefined) return;
    path.connected = undefined;
    this.#connected.delete(path);
    socket.removeAllListeners('message');
    socket.close();
  }
}

function originOf({ address: localAddress }: LocalSocket, { address, port }: RemoteInfo): DatagramOrigin {
  return { localAddress, address, port };
}

/** @returns the port, which nobody had a moment ago; @throws the system's error if somebody has it */
export async function probePort(address: string, port: number): Promise<number> {
  const probe = createLiteralSocket(address, { reusePort: false });
  await bindSocket(probe, address, port);
  const taken = probe.address().port;
  await new Promise<void>((resolve) => probe.close(resolve));
  return taken;
}
