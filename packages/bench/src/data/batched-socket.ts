/**
 * Sockets of load clients that exchange many datagrams in each system call, through the UDP port of an SFU. All load clients share one core,
 * and with `node:dgram` it would be busy before the SFU is: the bench would measure the clients.
 */
import type { OpenPeerSocket, PeerSocket } from '@causeway/loadtest';
import { type Path, type PathOwner, type ProtectedBytes, SendKind } from '@causeway/media';
import { loadSystemCalls } from '@causeway/sfu/system-calls';
import { UdpPort } from '@causeway/sfu/udp-port';

const LOOPBACK = '127.0.0.1';
const PLACES = 64;
const PLACE_BYTES = 2_048;
const APPLICATION_DATA = 23;

export const openBatchedSocket: OpenPeerSocket = async (remote, onDatagram) => {
  const socket = new BatchedSocket(onDatagram);
  await socket.connect(remote.address, remote.port);
  return socket;
};

class BatchedSocket implements PeerSocket {
  readonly #port: UdpPort;
  /** Datagrams that wait until the current callback has ended. */
  readonly #places = new Uint8Array(PLACES * PLACE_BYTES) as ProtectedBytes;
  #waiting = 0;
  #path: Path | undefined;
  #isClosed = false;
  readonly #owner = new Owner();

  constructor(onDatagram: (datagram: Uint8Array) => void) {
    this.#port = new UdpPort({
      addresses: [LOOPBACK],
      port: 0,
      // Only then does the port know the descriptor of its socket, which it needs to batch.
      connectPaths: true,
      maxConnectedSockets: 0,
      systemCalls: loadSystemCalls(),
      onDatagram: (path, datagram) => {
        if (path === this.#path) onDatagram(datagram);
      },
      onDrop() {},
      onUplinkFree() {},
    });
  }

  get local(): { readonly address: string; readonly port: number } {
    return { address: LOOPBACK, port: this.#port.port };
  }

  async connect(address: string, port: number): Promise<void> {
    await this.#port.open();
    const path = this.#port.openPath(address, port);
    if (path === undefined) throw new Error(`No socket reaches ${address}`);
    path.transport = this.#owner;
    this.#path = path;
  }

  send(bytes: Uint8Array): void {
    if (this.#path === undefined || this.#isClosed) return;
    if (bytes[0] === APPLICATION_DATA) this.#owner.isSecure = true;
    if (bytes.length > PLACE_BYTES) throw new Error(`A datagram has ${bytes.length} bytes`);
    if (this.#waiting === 0) queueMicrotask(() => this.#flush());
    const offset = this.#waiting++ * PLACE_BYTES;
    this.#places.set(bytes, offset);
    this.#port.queue(this.#path, this.#places, offset, bytes.length, SendKind.Data);
    if (this.#waiting === PLACES) this.#flush();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#flush();
    this.#isClosed = true;
    this.#port.close();
  }

  #flush(): void {
    if (this.#waiting === 0) return;
    this.#waiting = 0;
    this.#port.sendQueued();
  }
}

/** Makes the port lend datagrams instead of copying them, once none of them belongs to a handshake. */
class Owner implements PathOwner {
  readonly id = 'load';
  readonly isLink = false;
  isSecure = false;
  readonly ice = { forget() {} };

  prepareRtp(): void {}
  handleRtp(): void {}
  handleRtcp(): void {}
  handleDtls(): void {}
  handleUnsent(): void {}
}
