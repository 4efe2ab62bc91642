import type { SocketPath } from './socket-path.ts';

/** Where a datagram came in and where it came from. */
export interface DatagramOrigin {
  /** Address of ours that it was sent to. */
  readonly localAddress: string;
  readonly address: string;
  readonly port: number;
}

/** What a socket layer needs from the shards that share its UDP port: the kernel gives a stranger's datagram to any of them. */
export interface PortSharing {
  /**
   * Passes a datagram on if another one owns its path, or the session that it names.
   *
   * @param isOurs whether it came on a path that is claimed here
   * @returns false if it is for this shard, or for none
   */
  passOn(origin: DatagramOrigin, datagram: Uint8Array, isOurs: boolean): boolean;
  /** A transport here has claimed the path: what comes from there is for this one. */
  pathClaimed(path: SocketPath): void;
  /** The transport's peer has proved that it receives there, so no other shard can have the path. */
  pathProven(path: SocketPath): void;
  pathReleased(path: SocketPath): void;
}
