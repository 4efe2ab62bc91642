/** The interfaces of the peer that a subscription sends to. */
import type { BandwidthAllocator } from '../congestion/allocation/bandwidth-allocator.ts';
import type { QueuedStream, SendQueue } from '../congestion/pacing/send-queue.ts';
import type { ProbedStream } from '../congestion/probing/probe-sender.ts';
import type { SentPackets } from '../congestion/sent-packets.ts';
import type { Path } from '../demux/path.ts';
import type { WrittenPacket } from '../outbox.ts';
import type { OutboundStream, SecureEndpoint } from '../secure-endpoint.ts';
import type { LinkLayers } from './link-layers.ts';
import type { ReceiverPath } from './playout-delay.ts';

/** Sends the packets of streams, immediately or when the path has room for them. */
export interface StreamSender {
  /** Whether packets to this peer carry transport-wide numbers. */
  readonly isNumbering: boolean;
  /** Share of packets that the path has lost recently, 0 to 1; undefined if it is not known. */
  lossRatio(nowMs: number): number | undefined;
  addStream(stream: QueuedStream & ProbedStream): void;
  removeStream(stream: QueuedStream & ProbedStream): void;
  /** Stops numbering the packets of a stream. */
  stopNumbering(stream: QueuedStream & ProbedStream): void;
  /** Numbers the packets of a stream for reports of another kind. */
  changeReports(stream: QueuedStream & ProbedStream): void;
  /** Undefined while the path has no known limit, so that nothing has to wait. */
  readonly queue: Pick<SendQueue, 'passes' | 'spend'> | undefined;
  /** What was sent to this peer. */
  readonly sent: Pick<SentPackets, 'prefetch'>;
  enqueue(nowMs: number, stream: QueuedStream, sourceSequence: number, sequence: number, epoch: number, sizeBytes: number): void;
  enqueueResend(nowMs: number, stream: QueuedStream, sourceSequence: number, sequence: number, epoch: number, sizeBytes: number): void;
  dropQueued(stream: QueuedStream): void;
  /** Takes the loss in a receiver report of a peer without transport-wide feedback. */
  handleReportedLoss(nowMs: number, packets: number, lossRatio: number, bytesSent: number): void;
}

/** The peer that packets are sent to. */
export interface SendingTransport {
  readonly isLink: boolean;
  readonly isInProcess: boolean;
  /** Whether a packet may only be retransmitted with an identical header. */
  readonly repeatsHeaders: boolean;
  readonly rttMs: number;
  readonly canSend: boolean;
  /** Undefined while nothing can be sent. */
  readonly sendPath: Path | undefined;
  readonly endpoint: SecureEndpoint;
  readonly allocation: Pick<BandwidthAllocator, 'limitBps'>;
  readonly sender: StreamSender;
  /** Hands a packet to the outbox, or drops it if there is no path. @param packetIndex the unwrapped sequence number */
  release(stream: OutboundStream, packet: WrittenPacket, packetIndex: number): void;
}

/** The peer that subscribes. */
export interface SubscribingPeer extends SendingTransport, ReceiverPath {
  readonly id: string;
  readonly account: string | undefined;
  readonly isSecure: boolean;
  /** Bytes sent to this peer for all its present subscriptions. */
  readonly bytesSent: number;
  readonly allocation: BandwidthAllocator;
  /** Undefined unless it is a link to another node. */
  readonly linkLayers: LinkLayers | undefined;
  readonly rtcp: { sendBye(ssrcs: readonly number[]): void };
  /** What this peer receives, by the SFU's SSRC. */
  readonly subscriptions: { delete(ssrc: number): boolean };
  /** Called when a publication or subscription was added or removed. */
  tracksChanged(): void;
  reportDefect(error: unknown): void;
}
