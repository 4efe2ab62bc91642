import type { RtpView, StunMessage } from '@causeway/wire';
import type { ProtectedBytes } from '../secure-endpoint.ts';

/** The transport that a path is bound to, as those see it who have only the path. */
export interface PathOwner {
  readonly id: string;
  readonly isLink: boolean;
  /** DTLS is done: there are keys. */
  readonly isSecure: boolean;
  readonly ice: {
    /** Lets go of a path that another transport has taken over. */
    forget(path: Path): void;
  };
  prepareRtp(datagram: Uint8Array): void;
  handleRtp(nowMs: number, path: Path, datagram: Uint8Array, view: RtpView): void;
  handleRtcp(nowMs: number, path: Path, datagram: Uint8Array): void;
  handleDtls(nowMs: number, path: Path, datagram: Uint8Array): void;
  /** A packet of media to the peer was dropped after it was counted as sent. */
  handleUnsent(packet: Uint8Array): void;
}

/** A check of ours that waits for the answer of the peer on a path. */
export interface PathQuestion {
  /** Who asks. */
  readonly ice: {
    /** The peer has shown that it receives what is sent to this path. */
    prove(path: Path): void;
  };
  readonly credentials: object;
  askedAtMs: number;
  write(): Uint8Array;
  isAnsweredBy(message: StunMessage): boolean;
}

/**
 * One remote address that datagrams come from and go to. The socket layer makes it and hands it in
 * with every datagram; the engine binds it to a transport once a connectivity check on it was
 * authenticated, which replaces a routing table.
 */
export class Path {
  /** IPv4 or IPv6 text; an IPv4-mapped IPv6 address is given as IPv4. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Written by the engine only. */
  transport: PathOwner | undefined = undefined;
  /** When the last authenticated check or packet came in on it; the engine's clock. */
  lastHeardMs = 0;
  /**
   * The transport's peer receives what is sent here, as it has shown. Nothing but the handshake is
   * sent before.
   */
  isProven = false;
  /** How many bytes may be sent before that: three for each that came in. */
  allowanceBytes = 0;
  /**
   * The sink has dropped video for this path. Its receiver needs a keyframe once the uplink is free
   * again.
   */
  hasLostVideo = false;
  /** Our check that waits for an answer from this address. */
  challenge: PathQuestion | undefined = undefined;

  constructor(remoteAddress: string, remotePort: number) {
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
  }

  /** Reads a number of each object that sending needs, for the caches' sake. */
  prefetch(): number {
    return this.remotePort;
  }
}

/**
 * What a datagram carries. A full uplink lets the higher kinds pass. Video and the data channels of
 * clients share what is left, in the order in which they came; `Control` is STUN, the handshake, and
 * what nodes say to each other.
 */
export const SendKind = { Video: 0, Data: 1, Audio: 2, Rtcp: 3, Control: 4 } as const;

export type SendKind = (typeof SendKind)[keyof typeof SendKind];

/** The kinds as metrics show them; a kind is the index of its name. */
export const SEND_KIND_NAMES = ['video', 'data', 'audio', 'rtcp', 'control'] as const;

/**
 * Where the engine's output goes: the socket layer. Calls come from within engine calls and must
 * not call back into the engine. They never throw: a datagram that cannot be sent is dropped and
 * counted, and costs no other.
 */
export interface DatagramSink {
  /**
   * Sends a datagram that needs no protection: STUN or DTLS. The sink copies what it cannot send at
   * once.
   */
  send(path: Path, datagram: Uint8Array): void;
  /**
   * Takes a protected packet, which may wait for others of the same memory until `sendQueued`. The
   * caller must call that before it changes the bytes; afterwards the sink refers to them no more.
   */
  queue(path: Path, bytes: ProtectedBytes, offset: number, length: number, kind: SendKind): void;
  sendQueued(): void;
  /** Forgets what was queued but not sent, because its flush was interrupted. */
  discardQueued(): void;
  /** ICE nominated this path: traffic will be heavy, a dedicated socket is worth while. */
  pathSelected(path: Path): void;
  /**
   * Makes a path to an address from which nothing has come yet, for a link to another node.
   *
   * @returns the path that is known already, if there is one; undefined if no local address can
   *   reach it
   */
  openPath(address: string, port: number): Path | undefined;
  /** The engine no longer knows this path; anything kept for it can go. */
  pathReleased(path: Path): void;
}

/**
 * Where packets of transports within the process go, in plain text: memory that another thread
 * reads. The socket layer does not implement this interface, so a packet that was never protected
 * has no way to the network.
 */
export interface PlainSink {
  /** Copies the packet before it returns. */
  write(path: Path, bytes: Uint8Array, offset: number, length: number): void;
  /** A transport is closed. Called for paths of all transports; those of others are ignored. */
  pathClosed(path: Path): void;
}
