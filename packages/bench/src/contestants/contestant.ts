import type { BenchProcess } from '../processes/bench-process.ts';
import type { ProbeVerbs } from '../processes/probe-verbs.ts';

/** `against` is the Causeway of another checkout, for comparing before and after. */
export type SfuName = 'naive' | 'causeway' | 'against';
export type ContestantName = 'floor' | SfuName;

/** Counts since the contestant started. */
export interface Progress {
  /** Packets sent multiplied by subscribers. */
  readonly expected: number;
  /** Packets that reached a subscriber, without duplicates. */
  readonly received: number;
  readonly duplicates: number;
  readonly checked: number;
  readonly corrupted: number;
}

/** Anything that forwards one stream of packets to N subscribers and whose CPU time can be measured. */
export interface Contestant<Name extends string = ContestantName> {
  readonly name: Name;
  readonly process: Pick<BenchProcess<ProbeVerbs>, 'ask' | 'died' | 'stop' | 'name' | 'outputTail'>;
  /** Returns the CPU microseconds used so far by each of its threads or processes. */
  readonly readPartsMicros?: () => Promise<readonly number[]>;
  /** Adds subscribers until there are this many. */
  growTo(subscribers: number): Promise<void>;
  start(): Promise<void>;
  pause(): Promise<void>;
  progress(): Promise<Progress>;
  /** Returns the latencies of the packets checked since the last call; empty if packets carry no time. */
  takeLatenciesMs(): Promise<number[]>;
}

/** The load, the same for all contestants. */
export interface Load {
  readonly packetsPerSecond: number;
  /** The size of an RTP packet before SRTP. */
  readonly packetBytes: number;
}

/** What SRTP adds to a packet in the profile that WebRTC must implement (RFC 3711 §5.2): the floor sends as many bytes. */
export const SRTP_TAG_BYTES = 10;
