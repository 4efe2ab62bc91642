/** Measures what sessions cost an SFU: CPU and time to join, memory while idle, and memory for a subscription. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SfuName } from '../contestants/contestant.ts';
import type { LoadProcesses, RunningSfu } from '../contestants/sfu-contestant.ts';
import { slopeOf } from '../endurance/slope.ts';
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
/** An SFU repeats the end of a handshake for a while, and keeps what that takes. */
const SETTLE_MS = 2000;

export interface JoinCosts {
  /** One figure for each batch: CPU milliseconds of the SFU for one join, from the HTTP call to the end of DTLS. */
  readonly cpuMillis: readonly number[];
  /** Milliseconds from the first connectivity check to the end of DTLS, for each join. */
  readonly connectedInMs: readonly number[];
}

/** What one process showed. */
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

/** The sessions of one SFU that join for the sake of what a join costs. */
export class SessionGroup {
  readonly #sfu: RunningSfu;
  readonly #load: LoadProcesses;
  readonly #cpuMillisPerJoin: number[] = [];
  readonly #connectedInMs: number[] = [];

  private constructor(sfu: RunningSfu, load: LoadProcesses) {
    this.#sfu = sfu;
    this.#load = load;
  }

  /** Joins the sessions that warm up the process. */
  static async open(sfu: RunningSfu, load: LoadProcesses): Promise<SessionGroup> {
    await load.crowd.ask('open', { sfu: sfu.name, address: sfu.address });
    await join(sfu, load, WARM_UP_SESSIONS);
    return new SessionGroup(sfu, load);
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
}

/**
 * Measures by how much the memory of a process grows with each session, and then with each subscription that has carried packets: the slope
 * over batches. A batch of sessions that do all of this and leave comes first, so that code is compiled and pools are filled. The next one
 * takes the memory that those have left free, and the slope begins after it.
 */
export async function measureMemory(sfu: RunningSfu, load: LoadProcesses, sessions: number): Promise<MemoryCosts> {
  const { name, address, process } = sfu;
  const { source, crowd } = load;
  await source.ask('open', { sfu: name, address });
  await crowd.ask('open', { sfu: name, address });
  const track = await source.ask('publish', { sfu: name, options: TRICKLE });
  const carry = async (count: number): Promise<void> => {
    await crowd.ask('subscribeNext', { sfu: name, track, count });
    await source.ask('start', name);
    await sleep(TRICKLE_MS);
    await source.ask('pause', name);
  };
  const batch = Math.floor(sessions / BATCHES);
  await join(sfu, load, batch);
  await carry(batch);
  await crowd.ask('leave', name);

  const growth = async (add: () => Promise<unknown>): Promise<MemorySample> => {
    const samples: MemorySample[] = [];
    for (let batches = 0; batches < BATCHES; batches++) {
      await add();
      await sleep(SETTLE_MS);
      samples.push(await process.ask('memory'));
    }
    return slopeOfSamples(samples, batch);
  };
  const perIdleSession = await growth(() => join(sfu, load, batch));
  const perSubscription = await growth(() => carry(batch));
  return { perIdleSession, perSubscription, youngBytes: (await process.ask('memory')).youngBytes };
}

/** @returns how many milliseconds ICE and DTLS took each session */
function join({ name: sfu }: RunningSfu, { crowd }: LoadProcesses, count: number): Promise<number[]> {
  return crowd.ask('join', { sfu, tracks: [], count, atOnce: JOINS_AT_ONCE, diligence: 'count' });
}

/** The growth for one of the things of which `batch` were added between samples. */
function slopeOfSamples(samples: readonly MemorySample[], batch: number): MemorySample {
  const slope = (of: (sample: MemorySample) => number): number =>
    slopeOf(samples.map((sample, index) => ({ x: index * batch, y: of(sample) })));
  return {
    // The young generation reaches its full size once, at a moment that has nothing to do with the number of sessions.
    rssBytes: slope(({ rssBytes, youngBytes }) => rssBytes - youngBytes),
    heapBytes: slope(({ heapBytes }) => heapBytes),
    externalBytes: slope(({ externalBytes }) => externalBytes),
    youngBytes: slope(({ youngBytes }) => youngBytes),
  };
}
