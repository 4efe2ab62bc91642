import type { PathChallenge } from '../transport/path-challenge.ts';
import type { PeerTransport } from '../transport/peer-transport.ts';

/**
 * One remote address that datagrams come from and go to. The socket layer makes it and hands it in with every datagram;
 * the engine binds it to a transport once a connectivity check on it was authenticated, which replaces a routing table.
 */
export class Path {
  /** IPv4 or IPv6 text; an IPv4-mapped IPv6 address is given as IPv4. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Written by the engine only. */
  transport: PeerTransport | undefined = undefined;
  /** When the last authenticated check or packet came in on it; the engine's clock. */
  lastHeardMs = 0;
  /** The transport's peer receives what is sent here, as it has shown. Nothing but the handshake is sent before. */
  isProven = false;
  /** How many bytes may be sent before that: three for each that came in. */
  allowanceBytes = 0;
  /** The question to whoever receives here that waits for its answer. */
  challenge: PathChallenge | undefined = undefined;

  constructor(remoteAddress: string, remotePort: number) {
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
  }

  /** Reads a number of each object that sending needs, for the caches' sake. */
  prefetch(): number {
    return this.remotePort;
  }
}

/** Where the engine's output goes: the socket layer. Calls come from within engine calls and must not call back into it. */
export interface DatagramSink {
  /** The bytes at `offset … offset+length` are the sink's until it returns, and longer only while a send is pending. */
  send(path: Path, bytes: Uint8Array, offset: number, length: number): void;
  /**
   * As `send`, but may wait for others of the same memory until `sendQueued`, which the caller calls before it changes the bytes or does
   * anything else.
   */
  queue(path: Path, bytes: Uint8Array, offset: number, length: number): void;
  sendQueued(): void;
  /** ICE nominated this path: traffic will be heavy, a dedicated socket is worth while. */
  pathSelected(path: Path): void;
  /**
   * Makes a path to an address from which nothing has come yet, for a link to another node.
   *
   * @returns the path that is known already, if there is one; undefined if no local address can reach it
   */
  openPath(address: string, port: number): Path | undefined;
  /** The engine no longer knows this path; anything kept for it can go. */
  pathReleased(path: Path): void;
}
