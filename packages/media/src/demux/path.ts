import type { RtpView, StunMessage } from '@causeway/wire';
import type { ProtectedBytes } from '../secure-endpoint.ts';

/** The transport that a path is bound to, as far as users of a path need it. */
export interface PathOwner {
  readonly id: string;
  readonly isLink: boolean;
  /** Whether the DTLS handshake is complete, so that there are keys. */
  readonly isSecure: boolean;
  readonly ice: {
    /** Drops a path that another transport has taken over. */
    forget(path: Path): void;
  };
  prepareRtp(datagram: Uint8Array): void;
  handleRtp(nowMs: number, path: Path, datagram: Uint8Array, view: RtpView): void;
  handleRtcp(nowMs: number, path: Path, datagram: Uint8Array): void;
  handleDtls(nowMs: number, path: Path, datagram: Uint8Array): void;
  /** Called when a media packet to the peer was dropped after it had been counted as sent. */
  handleUnsent(packet: Uint8Array): void;
}

/** The value of `Path.ecn` where the socket layer does not learn the field. */
export const UNKNOWN_ECN = -1;

/** A challenge on a path that waits for the peer's answer. */
export interface PathQuestion {
  /** The ICE agent that sent the challenge. */
  readonly ice: {
    /** Records that the peer has proven that it receives what is sent to this path. */
    prove(path: Path): void;
  };
  readonly credentials: object;
  askedAtMs: number;
  write(): Uint8Array;
  isAnsweredBy(message: StunMessage): boolean;
}

/**
 * One remote address that datagrams come from and go to. The socket layer creates it and passes it with every datagram. The engine binds it
 * to a transport once a connectivity check on it was authenticated, so no routing table is needed.
 */
export class Path {
  /** IPv4 or IPv6 text; an IPv4-mapped IPv6 address is given as IPv4. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** The transport that uses the path. Only the engine sets it. */
  transport: PathOwner | undefined = undefined;
  /** When the last authenticated check or packet arrived on it, by the engine's clock. */
  lastHeardMs = 0;
  /** Whether the peer has proven that it receives what is sent here. Before that, only the handshake is sent. */
  isProven = false;
  /** How many bytes may be sent before the path is proven: three for each byte received. */
  allowanceBytes = 0;
  /** Whether the sink has dropped video for this path. Its receiver needs a keyframe once the uplink is free again. */
  hasLostVideo = false;
  /**
   * The ECN field (RFC 3168) of the datagram that is being received from here. The socket layer sets it for as long as the datagram is
   * handled.
   */
  ecn = UNKNOWN_ECN;
  /**
   * Whether sound and pictures to this address leave as ECN-capable, so that a router may mark them instead of dropping them. A sink that
   * cannot write the field ignores this.
   */
  isEcnCapable = false;
  /** Our challenge that waits for an answer from this address. */
  challenge: PathQuestion | undefined = undefined;

  constructor(remoteAddress: string, remotePort: number) {
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
  }

  /** Reads a field of each object that sending needs, to warm the cache. */
  prefetch(): number {
    return this.remotePort;
  }
}

/**
 * What a datagram carries. If the uplink is full, the higher kinds take precedence. Video and the data channels of clients share the rest
 * in order of arrival. `Control` is STUN, the handshake, and messages between nodes.
 */
export const SendKind = { Video: 0, Data: 1, Audio: 2, Rtcp: 3, Control: 4 } as const;

export type SendKind = (typeof SendKind)[keyof typeof SendKind];

/** The names of the kinds in metrics; a kind is the index of its name. */
export const SEND_KIND_NAMES = ['video', 'data', 'audio', 'rtcp', 'control'] as const;

/**
 * The socket layer, where the engine's output goes. Its methods are called during engine calls and must not call back into the engine. They
 * never throw: a datagram that cannot be sent is dropped and counted, without an effect on others.
 */
export interface DatagramSink {
  /** Sends a datagram that needs no SRTP: STUN or DTLS. The sink copies it if it cannot send it immediately. */
  send(path: Path, datagram: Uint8Array): void;
  /**
   * Takes a protected packet, which may wait for others in the same memory until `sendQueued`. The caller must call `sendQueued` before it
   * changes the bytes; after that, the sink no longer refers to them.
   */
  queue(path: Path, bytes: ProtectedBytes, offset: number, length: number, kind: SendKind): void;
  sendQueued(): void;
  /** Drops packets that were queued but not sent, because their flush was interrupted. */
  discardQueued(): void;
  /** Called when ICE has selected this path. Its traffic will be heavy, so it is worth a socket of its own. */
  pathSelected(path: Path): void;
  /**
   * Opens a path to an address from which nothing has arrived yet, for a link to another node.
   *
   * @returns the existing path, if there is one; undefined if no local address can reach it
   */
  openPath(address: string, port: number): Path | undefined;
  /** Called when the engine no longer uses this path, so that the sink can release what it keeps for it. */
  pathReleased(path: Path): void;
}

/**
 * Where packets of transports within the process go, in plain text: memory that another thread reads. The socket layer does not implement
 * this interface, so an unprotected packet cannot reach the network.
 */
export interface PlainSink {
  /** Writes a packet. The bytes are copied before it returns. */
  write(path: Path, bytes: Uint8Array, offset: number, length: number): void;
  /** Called when a transport is closed, for the paths of all transports. Paths of other sinks are ignored. */
  pathClosed(path: Path): void;
}
