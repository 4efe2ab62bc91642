import type { BenchProcess } from '../processes/bench-process.ts';
import type { ProbeVerbs } from '../processes/probe-verbs.ts';

/** `against` is the Causeway of another checkout, for comparing before and after. */
export type SfuName = 'naive' | 'causeway' | 'against';
export type ContestantName = 'floor' | SfuName;

/** Since the contestant started. */
export interface Progress {
  /** Packets that had to reach a subscriber: those sent, times the subscribers there were. */
  readonly expected: number;
  /** Packets that reached a subscriber, each once. */
  readonly received: number;
  readonly duplicates: number;
  readonly checked: number;
  readonly corrupted: number;
}

/** Something that one stream of packets goes into and N come out of, and whose CPU time is counted. */
export interface Contestant<Name extends string = ContestantName> {
  readonly name: Name;
  readonly process: Pick<BenchProcess<ProbeVerbs>, 'ask' | 'died' | 'stop' | 'name' | 'outputTail'>;
  /** CPU microseconds so far of parts of it, threads or processes, where it is asked which of them does what. */
  readonly readPartsMicros?: () => Promise<readonly number[]>;
  /** Adds subscribers until there are this many. */
  growTo(subscribers: number): Promise<void>;
  start(): Promise<void>;
  pause(): Promise<void>;
  progress(): Promise<Progress>;
  /** Of all packets checked since the last call; empty where packets carry no time. */
  takeLatenciesMs(): Promise<number[]>;
}

/** The load, the same for all contestants. */
export interface Load {
  readonly packetsPerSecond: number;
  /** Of an RTP packet before SRTP. */
  readonly packetBytes: number;
}

/** What SRTP adds to a packet in the profile that WebRTC must implement (RFC 3711 §5.2): the floor sends as many bytes. */
export const SRTP_TAG_BYTES = 10;
