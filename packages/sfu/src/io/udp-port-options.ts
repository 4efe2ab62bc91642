/** The options of a UDP port, and the events that it reports. */
import type { DropReason, Path } from '@causeway/media';
import type { Clock } from '../clock.ts';
import type { PortSharing } from './port-sharing.ts';
import type { SystemCalls } from './system-calls.ts';

export interface UdpPortOptions {
  /** Local addresses, no wildcards. */
  readonly addresses: readonly string[];
  /** 0 takes a free port, the same on all addresses. */
  readonly port: number;
  /**
   * Whether nominated paths get sockets of their own. Those of clients do not need them while the
   * port receives many datagrams with one call.
   */
  readonly connectPaths: boolean;
  /**
   * How many of them; the others share the sockets that strangers arrive at, which costs more for
   * each packet.
   */
  readonly maxConnectedSockets: number;
  /**
   * To send many datagrams with one call, and, unless the port is shared, to receive them so. Default:
   * each goes by itself.
   */
  readonly systemCalls?: SystemCalls | undefined;
  /** Tells how long datagrams have waited for a full socket. Default: the process's own time. */
  readonly clock?: Clock | undefined;
  /** Takes a datagram; its bytes are the receiver's, those of RTP and RTCP only until it returns. */
  readonly onDatagram: (path: Path, datagram: Uint8Array) => void;
  /** Announces RTP packets that came together, up to four before they are handed to `onDatagram`. */
  readonly onAhead?: (path: Path, packet: Uint8Array) => void;
  /** A datagram was dropped, incoming or outgoing. */
  readonly onDrop: (reason: DropReason) => void;
  /**
   * One of the outgoing ones was a packet of media, which the engine has counted as sent. Not told of
   * those that the system refuses without saying which one it was.
   */
  readonly onUnsent?: (path: Path, packet: Uint8Array) => void;
  /**
   * The uplink is no longer full, so paths that have lost video (`Path.hasLostVideo`) can be sent
   * keyframes.
   */
  readonly onUplinkFree: () => void;
  /**
   * Knows the shards that share the port. If it is given, the caller has made sure that no other process has the port.
   * By default, the port is not shared.
   */
  readonly sharing?: PortSharing | undefined;
}

/** What a UDP port holds at the moment. */
export interface UdpPortCounts {
  /** Remote addresses that are remembered. */
  readonly paths: number;
  /** Paths with a socket of their own. */
  readonly connectedSockets: number;
  /** Paths whose packets leave with those of others, in one system call. */
  readonly addressSlots: number;
  /** Datagrams that wait for room in a send buffer, and their bytes. */
  readonly queuedDatagrams: number;
  readonly queuedBytes: number;
}
