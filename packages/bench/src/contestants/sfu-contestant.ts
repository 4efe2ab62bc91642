import type { RemoteTrack, SfuAddress } from '@causeway/loadtest';
import type { LoadVerbs } from '../load/load-verbs.ts';
import type { BenchProcess } from '../processes/bench-process.ts';
import type { ProbeVerbs } from '../processes/probe-verbs.ts';
import type { Contestant, Load, Progress, SfuName } from './contestant.ts';

const JOINS_AT_ONCE = 8;

/** An SFU in a separate process, which may not be ready yet. */
export interface LaunchedSfu {
  readonly process: Pick<BenchProcess<ProbeVerbs>, 'ask' | 'died' | 'pid' | 'stop' | 'name' | 'outputTail'>;
  /** Resolves to the address of its API once it answers. */
  readonly address: Promise<SfuAddress>;
}

export interface RunningSfu<Name extends string = SfuName> {
  readonly name: Name;
  readonly process: LaunchedSfu['process'];
  readonly address: SfuAddress;
}

/** The processes that load an SFU. */
export interface LoadProcesses {
  /** Publishes, and checks every received byte. It has few clients, so that they are never late. */
  readonly source: BenchProcess<LoadVerbs>;
  /** All other subscribers, which only count packets. */
  readonly crowd: BenchProcess<LoadVerbs>;
}

/** Joins the publisher, and makes an SFU ready to be measured. */
export async function createSfuContestant<Name extends string>(
  sfu: RunningSfu<Name>,
  load: Load,
  { source, crowd }: LoadProcesses,
): Promise<Contestant<Name>> {
  const { name, address } = sfu;
  await source.ask('open', { sfu: name, address });
  await crowd.ask('open', { sfu: name, address });
  const track = await source.ask('publish', { sfu: name, options: load });
  let subscribers = 0;
  let expectedBefore = 0;
  let sentBefore = 0;

  async function expected(): Promise<number> {
    const { sent } = await source.ask('totals', name);
    return expectedBefore + (sent - sentBefore) * subscribers;
  }

  return {
    name,
    process: sfu.process,
    async growTo(wanted) {
      [expectedBefore, sentBefore] = [await expected(), (await source.ask('totals', name)).sent];
      await addSubscribers(sfu.name, track, wanted - subscribers, subscribers === 0, { source, crowd });
      subscribers = wanted;
    },
    start: () => source.ask('start', name),
    pause: () => source.ask('pause', name),
    async progress(): Promise<Progress> {
      const [checking, counting] = [await source.ask('totals', name), await crowd.ask('totals', name)];
      return {
        expected: await expected(),
        received: checking.received + counting.received,
        duplicates: checking.duplicates + counting.duplicates,
        checked: checking.checked,
        corrupted: checking.corrupted,
      };
    },
    takeLatenciesMs: () => source.ask('takeLatenciesMs', name),
  };
}

/** The checking subscriber joins in the middle, so that an SFU that sends in order of joining serves it neither first nor last. */
async function addSubscribers(
  sfu: string,
  track: RemoteTrack,
  count: number,
  withChecker: boolean,
  { source, crowd }: LoadProcesses,
): Promise<void> {
  const counting = withChecker ? count - 1 : count;
  const before = Math.floor(counting / 2);
  const request = { sfu, tracks: [track], atOnce: JOINS_AT_ONCE } as const;
  await crowd.ask('join', { ...request, count: before, diligence: 'count' });
  if (withChecker) await source.ask('join', { ...request, count: 1, diligence: 'check' });
  await crowd.ask('join', { ...request, count: counting - before, diligence: 'count' });
}
