/** What a subscription needs of the peer that it is for. */
import type { BandwidthAllocator } from '../congestion/allocation/bandwidth-allocator.ts';
import type { QueuedStream } from '../congestion/pacing/send-queue.ts';
import type { ProbedStream } from '../congestion/probing/probe-sender.ts';
import type { Path } from '../demux/path.ts';
import type { WrittenPacket } from '../outbox.ts';
import type { OutboundStream, SecureEndpoint } from '../secure-endpoint.ts';
import type { LinkLayers } from './link-layers.ts';
import type { ReceiverPath } from './playout-delay.ts';

/** How the packets of streams leave: at once, or when there is room for them on the path. */
export interface StreamSender {
  /** Whether packets to this peer carry transport-wide numbers. */
  readonly isNumbering: boolean;
  /** Share of packets that the path has lost lately, 0 to 1; undefined if that is not known. */
  lossRatio(nowMs: number): number | undefined;
  addStream(stream: QueuedStream & ProbedStream): void;
  removeStream(stream: QueuedStream & ProbedStream): void;
  /** Whether a packet may be sent now; it is taken out of the room there is. */
  passes(nowMs: number, sizeBytes: number): boolean;
  /** Takes a packet that never waits out of the room that others have. */
  spend(sizeBytes: number): void;
  enqueue(nowMs: number, stream: QueuedStream, sourceSequence: number, sequence: number, epoch: number, sizeBytes: number): void;
  enqueueResend(nowMs: number, stream: QueuedStream, sourceSequence: number, sequence: number, epoch: number, sizeBytes: number): void;
  dropQueued(stream: QueuedStream): void;
  /** Reads of each object that sending a packet needs, for the caches' sake. */
  prefetch(): number;
  /** What a receiver report says of loss, of a peer without transport-wide feedback. */
  handleReportedLoss(nowMs: number, packets: number, lossRatio: number, bytesSent: number): void;
}

/** The peer that packets are sent to. */
export interface SendingTransport {
  readonly isLink: boolean;
  readonly isInProcess: boolean;
  /** A packet may only be sent again as it was, byte for byte. */
  readonly repeatsHeaders: boolean;
  readonly rttMs: number;
  readonly canSend: boolean;
  /** Undefined while nothing can be sent. */
  readonly sendPath: Path | undefined;
  readonly endpoint: SecureEndpoint;
  readonly sender: StreamSender;
  /** Hands a packet to the outbox, or drops it while there is nowhere to send it. @param packetIndex the unwrapped sequence number */
  release(stream: OutboundStream, packet: WrittenPacket, packetIndex: number): void;
}

/** The peer that subscribes. */
export interface SubscribingPeer extends SendingTransport, ReceiverPath {
  readonly id: string;
  readonly account: string | undefined;
  readonly isSecure: boolean;
  /** Bytes sent for everything that it is subscribed to now. */
  readonly bytesSent: number;
  readonly allocation: BandwidthAllocator;
  /** Undefined unless it is a link to another node. */
  readonly linkLayers: LinkLayers | undefined;
  readonly rtcp: { sendBye(ssrcs: readonly number[]): void };
  /** What this peer receives, by our SSRC. */
  readonly subscriptions: { delete(ssrc: number): boolean };
  /** A publication or subscription came or went. */
  tracksChanged(): void;
  reportDefect(error: unknown): void;
}
