import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4, isIPv6 } from 'node:net';
import type { SecureEndpoint, SecureSuite } from '@causeway/media';
import type { LocalTransport } from '../sdp/local-media.ts';
import type { RemoteTransport } from '../sdp/remote-description.ts';
import { IceClient, type RemoteAddress } from './ice-client.ts';

const FIRST_CHECK_RETRY_MS = 50;
const MAX_CHECK_RETRY_MS = 1000;
/** Browsers check consent at this interval as well. */
const CONSENT_INTERVAL_MS = 2500;
const CONNECT_DEADLINE_MS = 20_000;
const LOOPBACK = '127.0.0.1';
/** Most systems grant no more. Datagrams that a client drops while it waits for a core would look like loss in the SFU. */
const RECEIVE_BUFFER_BYTES = 4 << 20;

/** Receives packets that are still protected. The bytes are valid until the call returns. */
export interface LoadPeerListener {
  onSrtp(packet: Buffer): void;
  onSrtcp(packet: Buffer): void;
  /** Application data of DTLS. Default: it is ignored. */
  onApplicationData?(nowMs: number, data: Uint8Array): void;
}

/** The socket of a peer, which exchanges datagrams with the SFU only. */
export interface PeerSocket {
  /** The address to which the SFU sends. */
  readonly local: RemoteAddress;
  /** Sends a datagram. The caller may reuse the bytes afterwards. */
  send(bytes: Uint8Array): void;
  close(): void;
}

/** Opens a socket. @param onDatagram receives each datagram, whose bytes may be overwritten once it returns */
export type OpenPeerSocket = (remote: RemoteAddress, onDatagram: (datagram: Uint8Array) => void) => Promise<PeerSocket>;

type PeerState =
  | { readonly mode: 'new' }
  | { readonly mode: 'checking'; readonly socket: PeerSocket; readonly ice: IceClient; readonly remote: RemoteTransport }
  | { readonly mode: 'secured'; readonly socket: PeerSocket; readonly ice: IceClient; readonly endpoint: SecureEndpoint }
  | { readonly mode: 'closed' };

/** One client's transport: its own connected UDP socket, ICE as the controlling side, DTLS and SRTP. */
export class LoadPeer {
  readonly local: LocalTransport;
  readonly #suite: SecureSuite;
  readonly #listener: LoadPeerListener;
  readonly #openSocket: OpenPeerSocket;
  readonly #connected = Promise.withResolvers<void>();
  #state: PeerState = { mode: 'new' };
  #target: RemoteAddress | undefined;
  #checkTimer: NodeJS.Timeout | undefined;

  /** @param openSocket opens the socket; by default one of `node:dgram` */
  constructor(suite: SecureSuite, listener: LoadPeerListener, openSocket: OpenPeerSocket = openDgramSocket) {
    this.#suite = suite;
    this.#listener = listener;
    this.#openSocket = openSocket;
    const ice = { ufrag: randomBytes(6).toString('hex'), password: randomBytes(16).toString('hex') };
    this.local = { ice, fingerprint: suite.fingerprint };
  }

  /**
   * Connects to the SFU that `remote` describes; resolves when DTLS is completed.
   *
   * @returns how many milliseconds passed since the first connectivity check
   * @throws Error – it takes more than 20 seconds, or the SFU refuses
   */
  async connect(remote: RemoteTransport): Promise<number> {
    this.#target = chooseCandidate(remote);
    const socket = await this.#open(this.#target);
    const state = { mode: 'checking', socket, ice: new IceClient(this.local.ice, remote.ice), remote } as const;
    this.#state = state;
    const checkedAtMs = performance.now();
    this.#check(state, FIRST_CHECK_RETRY_MS);
    const deadline = setTimeout(() => this.#connected.reject(this.#lateError()), CONNECT_DEADLINE_MS);
    await this.#connected.promise.finally(() => clearTimeout(deadline));
    return performance.now() - checkedAtMs;
  }

  /** Continues from another port, like a client whose network has changed. @throws Error – if the peer is not connected */
  async move(): Promise<void> {
    const state = this.#state;
    if (state.mode !== 'secured' || this.#target === undefined) throw new Error(`A peer that is ${state.mode} cannot move`);
    const socket = await this.#open(this.#target);
    this.#state = { ...state, socket };
    state.socket.close();
    clearTimeout(this.#checkTimer);
    this.#check(state, FIRST_CHECK_RETRY_MS);
  }

  /** The secure endpoint of a connected peer. @throws Error – before DTLS has begun and after `close` */
  get endpoint(): SecureEndpoint {
    if (this.#state.mode !== 'secured') throw new Error(`A peer that is ${this.#state.mode} has no secure endpoint`);
    return this.#state.endpoint;
  }

  /** The address to which the SFU sends; undefined while the peer has no socket. */
  get localAddress(): RemoteAddress | undefined {
    const state = this.#state;
    return state.mode === 'checking' || state.mode === 'secured' ? state.socket.local : undefined;
  }

  /** Sends protected bytes, or does nothing if the peer is closed. */
  send(bytes: Uint8Array): void {
    const state = this.#state;
    if (state.mode === 'checking' || state.mode === 'secured') state.socket.send(bytes);
  }

  close(): void {
    if (this.#state.mode === 'secured') this.#state.endpoint.close();
    this.vanish();
  }

  /** Stops without a goodbye, like a client whose battery is empty. */
  vanish(): void {
    const state = this.#state;
    clearTimeout(this.#checkTimer);
    this.#state = { mode: 'closed' };
    if (state.mode === 'checking' || state.mode === 'secured') state.socket.close();
  }

  #open(remote: RemoteAddress): Promise<PeerSocket> {
    return this.#openSocket(remote, (datagram) => this.#handleDatagram(datagram, remote));
  }

  #check(state: { readonly ice: IceClient }, retryMs: number): void {
    this.send(state.ice.writeCheck());
    const delayMs = state.ice.isConnected ? CONSENT_INTERVAL_MS : retryMs;
    this.#checkTimer = setTimeout(() => this.#check(state, Math.min(2 * retryMs, MAX_CHECK_RETRY_MS)), delayMs);
  }

  #handleDatagram(datagram: Uint8Array, from: RemoteAddress): void {
    const kind = datagramKind(datagram);
    if (kind === 'srtp') this.#listener.onSrtp(asBuffer(datagram));
    else if (kind === 'srtcp') this.#listener.onSrtcp(asBuffer(datagram));
    else if (kind === 'stun') this.#handleStun(datagram, from);
    else if (kind === 'dtls') this.#handleDtls(datagram);
  }

  #handleStun(datagram: Uint8Array, from: RemoteAddress): void {
    const state = this.#state;
    if (state.mode !== 'checking' && state.mode !== 'secured') return;
    const answer = state.ice.handleStun(datagram, from);
    if (answer !== undefined) this.send(answer);
    if (state.mode === 'checking' && state.ice.isConnected) this.#secure(state);
  }

  #handleDtls(datagram: Uint8Array): void {
    if (this.#state.mode === 'checking') this.#secure(this.#state);
    if (this.#state.mode === 'secured') this.#state.endpoint.handleDtls(performance.now(), datagram);
  }

  #secure({ socket, ice, remote }: Extract<PeerState, { mode: 'checking' }>): void {
    const endpoint = this.#suite.createEndpoint({
      role: ownDtlsRole(remote),
      remoteFingerprints: remote.fingerprints,
      listener: {
        onDtlsOutput: (datagram) => this.send(datagram),
        onConnected: () => this.#connected.resolve(),
        onClosed: (reason) => this.#connected.reject(new Error(`DTLS was closed: ${reason}`)),
        onApplicationData: (nowMs, data) => this.#listener.onApplicationData?.(nowMs, data),
        onDefect: (error) => this.#connected.reject(error),
      },
    });
    this.#state = { mode: 'secured', socket, ice, endpoint };
  }

  #lateError(): Error {
    return new Error(`Not connected after ${CONNECT_DEADLINE_MS} ms, still ${this.#state.mode}`);
  }
}

async function openDgramSocket({ address, port }: RemoteAddress, onDatagram: (datagram: Uint8Array) => void): Promise<PeerSocket> {
  const socket: Socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES });
  // An SFU that is gone may refuse datagrams, but only its silence counts.
  socket.on('error', () => {});
  socket.connect(port, address);
  await once(socket, 'connect');
  socket.on('message', onDatagram);
  return { local: socket.address(), send: (bytes) => socket.send(bytes), close: () => void socket.close() };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** We offer `actpass`, so the SFU chooses (RFC 5763 §5). */
export function ownDtlsRole(remote: RemoteTransport): 'client' | 'server' {
  return remote.setup === 'active' ? 'server' : 'client';
}

function chooseCandidate({ candidates }: RemoteTransport): RemoteAddress {
  const chosen =
    candidates.find(({ address }) => address === LOOPBACK) ?? candidates.find(({ address }) => isIPv4(address)) ?? candidates[0];
  if (chosen === undefined) throw new Error('The SFU announced no UDP host candidate');
  return chosen;
}

/**
 * The protocol that a datagram of the SFU belongs to.
 *
 * @see RFC 7983 §7 (first byte), RFC 5761 §4 (RTP or RTCP by the second)
 */
export type DatagramKind = 'stun' | 'dtls' | 'srtp' | 'srtcp';

/** @returns undefined for a datagram that no SFU sends */
export function datagramKind(datagram: Uint8Array): DatagramKind | undefined {
  const [first = 255, second = 0] = datagram;
  if (first <= 3) return 'stun';
  if (first >= 20 && first <= 63) return 'dtls';
  if (first < 128 || first > 191) return undefined;
  return second >= 192 && second <= 223 ? 'srtcp' : 'srtp';
}
