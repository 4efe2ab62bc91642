/** Measures what sessions cost an SFU: CPU and time to join, memory while idle, and memory for a subscription. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RemoteTrack } from '@causeway/loadtest';
import type { SfuName } from '../contestants/contestant.ts';
import type { LoadProcesses, RunningSfu } from '../contestants/sfu-contestant.ts';
import type { MemorySample } from '../processes/probe-verbs.ts';
import { interleave } from './rounds.ts';

/** Clients join a few at a time. If more did, queues would be measured. */
const JOINS_AT_ONCE = 4;
/** The first sessions compile code and fill pools, so they are not measured. */
const WARM_UP_SESSIONS = 50;
const BATCHES = 4;
/** So slow that even the naive SFU keeps up. It only serves to allocate every buffer of a running subscription. */
const TRICKLE = { packetsPerSecond: 25, packetBytes: 1200 } as const;
const TRICKLE_MS = 2000;

export interface JoinCosts {
  /** One figure for each batch: CPU milliseconds of the SFU for one join, from the HTTP call to the end of DTLS. */
  readonly cpuMillis: readonly number[];
  /** Milliseconds from the first connectivity check to the end of DTLS, for each join. */
  readonly connectedInMs: readonly number[];
}

export interface MemoryCosts {
  readonly perIdleSession: MemorySample;
  readonly perSubscription: MemorySample;
  /** Size of the young generation of the whole process at the end. */
  readonly youngBytes: number;
}

/** Joins sessions to SFUs that were started for this, in batches that alternate, so that drift of the machine affects all alike. */
export async function joinInTurns(running: readonly RunningSfu[], load: LoadProcesses, sessions: number): Promise<SessionGroup[]> {
  const groups: SessionGroup[] = [];
  for (const sfu of running) groups.push(await SessionGroup.open(sfu, load));
  const batchSize = Math.floor(sessions / BATCHES);
  for (const group of interleave(groups, BATCHES)) await group.joinBatch(batchSize);
  return groups;
}

/** The sessions of one SFU. */
export class SessionGroup {
  readonly #sfu: RunningSfu;
  readonly #load: LoadProcesses;
  readonly #track: RemoteTrack;
  readonly #empty: MemorySample;
  readonly #cpuMillisPerJoin: number[] = [];
  readonly #connectedInMs: number[] = [];

  private constructor(sfu: RunningSfu, load: LoadProcesses, track: RemoteTrack, empty: MemorySample) {
    this.#sfu = sfu;
    this.#load = load;
    this.#track = track;
    this.#empty = empty;
  }

  /** Joins a silent publisher, and the sessions that warm up the process. */
  static async open(sfu: RunningSfu, load: LoadProcesses): Promise<SessionGroup> {
    const { name, address, process } = sfu;
    await load.source.ask('open', { sfu: name, address });
    await load.crowd.ask('open', { sfu: name, address });
    const track = await load.source.ask('publish', { sfu: name, options: TRICKLE });
    await join(sfu, load, WARM_UP_SESSIONS);
    return new SessionGroup(sfu, load, track, await process.ask('memory'));
  }

  get name(): SfuName {
    return this.#sfu.name;
  }

  /** What the joins have cost so far. */
  get joins(): JoinCosts {
    return { cpuMillis: this.#cpuMillisPerJoin, connectedInMs: this.#connectedInMs };
  }

  async joinBatch(size: number): Promise<void> {
    const { process } = this.#sfu;
    const cpuBefore = await process.ask('cpuMicros');
    this.#connectedInMs.push(...(await join(this.#sfu, this.#load, size)));
    this.#cpuMillisPerJoin.push(((await process.ask('cpuMicros')) - cpuBefore) / size / 1000);
  }

  /** Subscribes all sessions, and carries packets to them. */
  async measureMemory(): Promise<MemoryCosts> {
    const { name: sfu, process } = this.#sfu;
    const { source, crowd } = this.#load;
    const idle = await process.ask('memory');
    await crowd.ask('subscribeAll', { sfu, track: this.#track });
    await source.ask('start', sfu);
    await sleep(TRICKLE_MS);
    await source.ask('pause', sfu);
    const subscribed = await process.ask('memory');
    const sessions = this.#connectedInMs.length;
    return {
      perIdleSession: dividedDifference(this.#empty, idle, sessions),
      // The sessions of the warm-up have subscribed as well.
      perSubscription: dividedDifference(idle, subscribed, sessions + WARM_UP_SESSIONS),
      youngBytes: subscribed.youngBytes,
    };
  }
}

/** @returns how many milliseconds ICE and DTLS took each session */
function join({ name: sfu }: RunningSfu, { crowd }: LoadProcesses, count: number): Promise<number[]> {
  return crowd.ask('join', { sfu, tracks: [], count, atOnce: JOINS_AT_ONCE, diligence: 'count' });
}

function dividedDifference(before: MemorySample, after: MemorySample, count: number): MemorySample {
  return {
    rssBytes: (after.rssBytes - before.rssBytes) / count,
    heapBytes: (after.heapBytes - before.heapBytes) / count,
    externalBytes: (after.externalBytes - before.externalBytes) / count,
    youngBytes: (after.youngBytes - before.youngBytes) / count,
  };
}
