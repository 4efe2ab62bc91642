/** The options of a UDP port, and the events that it reports. */
import type { DropReason, Path } from '@causeway/media';
import type { Clock } from '../clock.ts';
import type { SocketPath } from './socket-path.ts';
import type { SystemCalls } from './system-calls.ts';

export interface UdpPortOptions {
  /** Local addresses, no wildcards. */
  readonly addresses: readonly string[];
  /** 0 chooses a free port, the same on all addresses. */
  readonly port: number;
  /**
   * Whether nominated paths get sockets of their own. Clients' paths do not need them while the port receives many
   * datagrams per call.
   */
  readonly connectPaths: boolean;
  /**
   * The highest number of such sockets. Further paths use the shared sockets, at which unknown peers arrive too; that
   * costs more per packet.
   */
  readonly maxConnectedSockets: number;
  /**
   * Used to send many datagrams per call and, unless the port is shared, to receive them that way. Default: one
   * datagram per call.
   */
  readonly systemCalls?: SystemCalls | undefined;
  /** Measures how long datagrams have waited for a full socket. Default: the process's real time. */
  readonly clock?: Clock | undefined;
  /** Receives a datagram. The receiver owns its bytes; those of RTP and RTCP only until it returns. */
  readonly onDatagram: (path: Path, datagram: Uint8Array) => void;
  /** Announces RTP packets that arrived together, at most four before they are passed to `onDatagram`. */
  readonly onAhead?: (path: Path, packet: Uint8Array) => void;
  /** A datagram was dropped, incoming or outgoing. */
  readonly onDrop: (reason: DropReason) => void;
  /**
   * A dropped outgoing datagram was a media packet, which the engine has counted as sent. It is not called for refusals
   * for which the system does not name the datagram.
   */
  readonly onUnsent?: (path: Path, packet: Uint8Array) => void;
  /** The uplink is no longer full, so paths that have lost video (`Path.hasLostVideo`) can be sent keyframes. */
  readonly onUplinkFree: () => void;
  /**
   * The other shards that share the port. If given, the caller has made sure that no other process has the port. By
   * default, the port is not shared.
   */
  readonly sharing?: PortSharing | undefined;
}

/** What a UDP port holds at present. */
export interface UdpPortCounts {
  /** Remote addresses that are remembered. */
  readonly paths: number;
  /** Paths with a socket of their own. */
  readonly connectedSockets: number;
  /** Paths whose packets leave together with those of other paths, in one system call. */
  readonly addressSlots: number;
  /** Datagrams that wait for room in a send buffer, and their bytes. */
  readonly queuedDatagrams: number;
  readonly queuedBytes: number;
}

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
