/** Scenarios for data channels of real browsers. Each reports what it measured and what was required. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type FloodRequest, openStage, type SfuAccess, type Stage } from '@causeway/e2e';
import type { ClientName } from '@causeway/interop';
import { findFreePort } from '@causeway/lab';
import { openNarrowAccess } from '../quality/narrow-access.ts';
import { atLeast, atMost, exactly, type Finding } from '../scenarios/finding.ts';
import type { Thoroughness } from '../scenarios/scenario.ts';
import { exchangeBetween } from './client-pairs.ts';
import { type FloodedChannel, type FloodResult, openDirectChannel, openPublishedChannel } from './flooded-channel.ts';
import { readBesideOneThatStops } from './one-that-stops.ts';

export interface ChannelRun {
  readonly thoroughness: Thoroughness;
  /** Receives progress messages. */
  note(text: string): void;
}

export interface ChannelScenario {
  /** The name on the command line. */
  readonly name: string;
  readonly title: string;
  run(run: ChannelRun): Promise<readonly Finding[]>;
}

interface StagedRun extends ChannelRun {
  readonly stage: Stage;
}

/** Messages of 16 KiB, as fast as the receiver confirms them, with half of the SFU's buffer for a subscriber in flight. */
const BULK = { sizeBytes: 16 << 10, maxUnderwayBytes: 512 << 10 };
const ONE_WAY_MS = 25;
const OPENED_AT_ONCE = 10;
/** Floods that run beside each other, each with losses of its own: which packets are lost changes a flood's throughput by several percent. */
const FLOODS_AT_ONCE = 4;
/** How long tabs are left alone before they are measured: several that have just opened keep both cores busy, and delay node and browsers. */
const SETTLE_MS = 5_000;
const OPEN_WITHIN_MS = 10_000;

const fullSpeed: ChannelScenario = {
  name: 'full-speed',
  title: 'Chromium publishes messages of 16 KiB as fast as another tab takes them',
  run: onStage(async ({ stage, thoroughness, note }) => {
    const channel = await openPublishedChannel(stage, 'none', {});
    const result = await floodOnce(channel, { ...BULK, durationMs: thoroughness === 'whole' ? 60_000 : 5_000 });
    note(`${describe(result)}, 99 of 100 messages within ${result.seen.p99Ms.toFixed(0)} ms`);
    return [...undamaged(result), atMost('longest time without a message', result.seen.longestGapMs, 1_000, ' ms')];
  }),
};

const smallMessages: ChannelScenario = {
  name: 'small-messages',
  title: 'messages of 100 bytes, 25 a second, to a tab behind 5% loss and a round trip of 50 ms',
  run: onStage(async ({ stage, thoroughness, note }) => {
    const channel = await openPublishedChannel(stage, 'from the SFU', { delayMs: ONE_WAY_MS, lossRatio: 0.05 });
    const durationMs = thoroughness === 'whole' ? 60_000 : 10_000;
    const result = await floodOnce(channel, { sizeBytes: 100, everyMs: 40, durationMs });
    note(`${result.sent} messages, half of them within ${result.seen.p50Ms.toFixed(0)} ms`);
    return [...undamaged(result), atMost('99 of 100 within', result.seen.p99Ms, 200, ' ms')];
  }),
};

const lossyOpening: ChannelScenario = {
  name: 'lossy-opening',
  title: 'channels open while 20% of all datagrams are lost, from ICE on',
  run: onStage(async ({ stage, thoroughness, note }) => {
    const wanted = thoroughness === 'whole' ? 200 : 20;
    const access = await openNarrowAccess('lossy', { address: '127.0.0.1', port: await findFreePort('udp') }, stage.daemon.udpPort);
    for (const direction of ['up', 'down'] as const) await access.impair(direction, { lossRatio: 0.2, delayMs: 10 });
    const { page } = await stage.joinFrom(await stage.openPage({ initScript: access.initScript }), 'first');
    const tookMs: number[] = [];
    try {
      while (tookMs.length < wanted) {
        const request = { access: stage.daemon.access, names: namesFrom(tookMs.length, OPENED_AT_ONCE) };
        const openings = await page.evaluate(openChannels, request);
        tookMs.push(...openings.map((opening) => opening.tookMs));
        for (const { stuck } of openings) if (stuck !== undefined) note(stuck);
        note(`${tookMs.length} of ${wanted} are open, the slowest after ${Math.max(...tookMs).toFixed(0)} ms`);
      }
    } finally {
      await page.close();
      await access.close();
    }
    return [
      exactly('open within 10 s', tookMs.filter((ms) => ms <= OPEN_WITHIN_MS).length, wanted),
      atMost('the slowest after', Math.max(...tookMs), OPEN_WITHIN_MS, ' ms'),
    ];
  }),
};

/**
 * Compares two senders on the same path, the browser and the SFU. To the SFU the sender is the browser in both cases, so the ratio is near 1,
 * and whether it is below is known no better than its standard error.
 */
const besideDirect: ChannelScenario = {
  name: 'beside-direct',
  title: 'throughput through the SFU beside two tabs that are connected directly, on the same lossy path',
  run: onStage(async ({ stage, thoroughness, note }) => {
    const [rounds, durationMs, count] = thoroughness === 'whole' ? [5, 15_000, FLOODS_AT_ONCE] : [3, 5_000, 2];
    const findings: Finding[] = [];
    for (const lossRatio of [0.01, 0.05]) {
      const impairment = { delayMs: ONE_WAY_MS, lossRatio };
      const ways: Readonly<Record<string, (seed: number) => Promise<FloodedChannel>>> = {
        directly: (seed) => openDirectChannel(stage, impairment, seed),
        'to the SFU': (seed) => openPublishedChannel(stage, 'to the SFU', impairment, seed),
        'from the SFU': (seed) => openPublishedChannel(stage, 'from the SFU', impairment, seed),
      };
      const rates = new Map<string, number[]>();
      for (let round = 1; round <= rounds; round++) {
        for (const [way, open] of Object.entries(ways)) {
          const seeds = Array.from({ length: count }, (_, flood) => 1 + 2 * (round * count + flood));
          const channels = await Promise.all(seeds.map(open));
          await sleep(SETTLE_MS);
          const results = await Promise.all(channels.map((channel) => floodOnce(channel, { ...BULK, durationMs })));
          findings.push(...results.flatMap(undamaged).filter(({ isMet }) => !isMet));
          rates.set(way, [...(rates.get(way) ?? []), results.reduce((sum, result) => sum + megabits(result), 0)]);
          note(`${100 * lossRatio}% loss, round ${round}, ${way}: ${results.map(describe).join('; ')}`);
        }
      }
      const direct = rates.get('directly') ?? [];
      for (const way of ['to the SFU', 'from the SFU']) {
        const { mean, standardError } = summarize((rates.get(way) ?? []).map((rate, round) => rate / (direct[round] ?? 0)));
        const what = `${100 * lossRatio}% loss, ${way}: ${mean.toFixed(3)} ± ${standardError.toFixed(3)} times what goes directly`;
        findings.push(atLeast(`${what}; with its standard error`, mean + standardError, 1));
      }
    }
    return findings;
  }),
};

/** The pairs of the short form come first. */
const PAIRS = [
  ['aiortc', 'chromium'],
  ['werift', 'chromium'],
  ['firefox', 'chromium'],
  ['chromium', 'chromium'],
  ['chromium', 'firefox'],
  ['chromium', 'aiortc'],
  ['chromium', 'werift'],
] as const satisfies readonly (readonly [ClientName, ClientName])[];

const clientPairs: ChannelScenario = {
  name: 'client-pairs',
  title: 'messages of every kind and length between different clients, all behind 5% loss',
  run: ({ thoroughness, note }) => exchangeBetween({ pairs: thoroughness === 'whole' ? PAIRS : PAIRS.slice(0, 3), lossRatio: 0.05, note }),
};

const oneStops: ChannelScenario = {
  name: 'one-stops',
  title: 'a hundred subscribers of a reliable channel, then of an unreliable one, one of which takes nothing in any more',
  run: ({ thoroughness, note }) =>
    thoroughness === 'whole'
      ? // 1 MiB waits for it after half a minute.
        readBesideOneThatStops({ subscribers: 100, talk: { everyMs: 33, messageBytes: 1_100 }, durationMs: 45_000, note })
      : readBesideOneThatStops({ subscribers: 20, talk: { everyMs: 33, messageBytes: 4_000 }, durationMs: 15_000, note }),
};

export const CHANNEL_SCENARIOS: readonly ChannelScenario[] = [fullSpeed, smallMessages, lossyOpening, clientPairs, oneStops, besideDirect];

/** Runs a scenario with its own node, site and Chromium. */
function onStage(run: (run: StagedRun) => Promise<readonly Finding[]>): ChannelScenario['run'] {
  return async (options) => {
    const stage = await openStage();
    try {
      return await run({ ...options, stage });
    } finally {
      await stage.close();
    }
  };
}

async function floodOnce(channel: FloodedChannel, request: FloodRequest): Promise<FloodResult> {
  try {
    return await channel.flood(request);
  } finally {
    await channel.close();
  }
}

function undamaged({ sent, seen }: FloodResult): Finding[] {
  return [
    exactly('messages received, of those sent', seen.messages, sent),
    exactly('messages with a wrong sum', seen.wrongSums, 0),
    exactly('messages out of turn', seen.wrongTurns, 0),
  ];
}

function describe({ sent, seen }: FloodResult): string {
  return `${sent} messages, ${megabits({ sent, seen }).toFixed(2)} Mbit/s`;
}

function megabits({ seen }: FloodResult): number {
  return (8 * seen.bytes) / seen.tookMs / 1_000;
}

function summarize(values: readonly number[]): { readonly mean: number; readonly standardError: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, standardError: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1) / values.length) };
}

function namesFrom(start: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `opener-${start + index}`);
}

interface Opening {
  /** The time from the SFU's answer until the channel is open; infinite after a minute. */
  readonly tookMs: number;
  /** The state in which it is stuck then. */
  readonly stuck: string | undefined;
}

/** Runs in the page and joins with a channel of each name. */
function openChannels(request: { readonly access: SfuAccess; readonly names: readonly string[] }): Promise<Opening[]> {
  const { access, names } = request;
  return Promise.all(
    names.map(async (name) => {
      const peer = await kit.join(name, { access, channels: [{ label: 'chat' }] });
      const answeredMs = performance.now();
      const isOpen = await kit
        .waitUntil(
          `the channel of ${name} is open`,
          () => peer.channels.stateOf('chat'),
          (state) => state === 'open',
          60_000,
        )
        .then(
          () => true,
          () => false,
        );
      const tookMs = isOpen ? performance.now() - answeredMs : Number.POSITIVE_INFINITY;
      const { iceConnectionState, connectionState, sctp } = peer.connection;
      const stuck = isOpen
        ? undefined
        : `${name}: ICE ${iceConnectionState}, DTLS ${sctp?.transport.state}, SCTP ${sctp?.state}, all ${connectionState}`;
      await peer.leave();
      return { tookMs, stuck };
    }),
  );
}
