import type { LoadProcesses, RunningSfu } from '../contestants/sfu-contestant.ts';
import type { MemorySample } from '../processes/probe-verbs.ts';

/** Some at a time, as clients come; more would measure queues. */
const JOINS_AT_ONCE = 4;
/** Code is compiled and pools are filled by the first sessions, whoever they are. */
const WARM_UP_SESSIONS = 50;
const BATCHES = 4;
/** Slow, so that even the naive SFU keeps up with everybody; only to have every buffer of a running subscription made. */
const TRICKLE = { packetsPerSecond: 25, packetBytes: 1200 } as const;
const TRICKLE_MS = 2000;

export interface SessionCosts {
  readonly sessions: number;
  /** One figure for each batch: CPU milliseconds of the SFU for a join, from the HTTP call to the end of DTLS. */
  readonly cpuMillisPerJoin: readonly number[];
  /** Milliseconds from the first connectivity check to the end of DTLS, of each join. */
  readonly connectedInMs: readonly number[];
  readonly bytesPerIdleSession: MemorySample;
  readonly bytesPerSubscription: MemorySample;
}

/** What sessions cost an SFU that was started for this: CPU to join, memory to sit idle, memory to subscribe. */
export async function measureSessions(
  { name: sfu, address, process }: RunningSfu,
  { source, crowd }: LoadProcesses,
  sessions: number,
): Promise<SessionCosts> {
  await source.ask('open', { sfu, address });
  await crowd.ask('open', { sfu, address });
  const track = await source.ask('publish', { sfu, options: TRICKLE });
  const joinIdle = (count: number): Promise<number[]> =>
    crowd.ask('join', { sfu, tracks: [], count, atOnce: JOINS_AT_ONCE, diligence: 'count' });
  await joinIdle(WARM_UP_SESSIONS);

  const empty = await process.ask('memory');
  const cpuMillisPerJoin: number[] = [];
  const connectedInMs: number[] = [];
  const batchSize = Math.floor(sessions / BATCHES);
  for (let batch = 0; batch < BATCHES; batch++) {
    const cpuBefore = await process.ask('cpuMicros');
    connectedInMs.push(...(await joinIdle(batchSize)));
    cpuMillisPerJoin.push(((await process.ask('cpuMicros')) - cpuBefore) / batchSize / 1000);
  }
  const idle = await process.ask('memory');

  await crowd.ask('subscribeAll', { sfu, track });
  await source.ask('start', sfu);
  await new Promise((resolve) => setTimeout(resolve, TRICKLE_MS));
  await source.ask('pause', sfu);
  const subscribed = await process.ask('memory');

  const joined = batchSize * BATCHES;
  return {
    sessions: joined,
    cpuMillisPerJoin,
    connectedInMs,
    bytesPerIdleSession: dividedDifference(empty, idle, joined),
    // The sessions of the warm-up have subscribed as well.
    bytesPerSubscription: dividedDifference(idle, subscribed, joined + WARM_UP_SESSIONS),
  };
}

function dividedDifference(before: MemorySample, after: MemorySample, count: number): MemorySample {
  return {
    rssBytes: (after.rssBytes - before.rssBytes) / count,
    heapBytes: (after.heapBytes - before.heapBytes) / count,
    externalBytes: (after.externalBytes - before.externalBytes) / count,
  };
}
