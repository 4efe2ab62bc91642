import type { SocketPath } from './socket-path.ts';

/** The local and the remote address of a received datagram. */
export interface DatagramOrigin {
  /** The local address that it was sent to. */
  readonly localAddress: string;
  readonly address: string;
  readonly port: number;
}

/** What a socket layer needs from the shards that share its UDP port, since the kernel gives an unknown peer's datagram to any of them. */
export interface PortSharing {
  /**
   * Passes a datagram on if another shard owns its path, or the session that it names.
   *
   * @param isOurs whether it arrived on a path that is claimed here
   * @returns false if it is for this shard, or for no shard
   */
  passOn(origin: DatagramOrigin, datagram: Uint8Array, isOurs: boolean): boolean;
  /** A transport on this shard has claimed the path, so datagrams from there are for this shard. */
  pathClaimed(path: SocketPath): void;
  /** The peer has proved that it receives at that address, so no other shard can claim the path. */
  pathProven(path: SocketPath): void;
  pathReleased(path: SocketPath): void;
}
