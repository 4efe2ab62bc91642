/** `npm run bench -- negotiation` measures what long session descriptions cost the media thread. */
import { setTimeout as sleep } from 'node:timers/promises';
import { AppId, type SubscribeReply } from '@causeway/protocol';
import { createSfu, type Sfu } from '@causeway/sfu';
import type { BenchOptions } from '../bench-options.ts';
import { spreadOf } from '../measure/statistics.ts';
import { formatTable, type Printer } from '../report/table.ts';
import { longOffer, longOffers } from './long-offers.ts';
import { measureSessionHeap } from './session-heap.ts';
import { measureTurns, type TurnCost } from './turn-meter.ts';
import { answerTo } from './viewer-answer.ts';

const APP = AppId.parse('bench');
const TRACKS_PER_CALL = 64;
const CALLERS = 20;
/** A pause between calls, so that deferred work of one does not count for the next. */
const PAUSE_MS = 20;

type Costs = Map<string, TurnCost[]>;

export async function runNegotiation({ rounds, isQuick }: BenchOptions, { print, note }: Printer): Promise<void> {
  const sfu = await createSfu({ listenAddress: '127.0.0.1' });
  const costs: Costs = new Map();
  const repetitions = isQuick ? 3 : 10 * rounds;
  let keptKb = Number.NaN;
  try {
    for (let repetition = 0; repetition <= repetitions; repetition++) {
      note(`Negotiation: round ${repetition} of ${repetitions}`);
      // In the first round nothing is compiled yet, so its figures have a separate row.
      const into: Costs = new Map();
      await createSessions(sfu, into);
      await watchManyTracks(sfu, into);
      await callTogether(sfu, into);
      for (const [name, samples] of into) {
        const key = repetition === 0 ? `first of all: ${name}` : name;
        costs.set(key, [...(costs.get(key) ?? []), ...samples]);
      }
    }
    keptKb = await measureSessionHeap(sfu, APP, longOffer('sendonly'));
  } finally {
    await sfu.close();
  }
  print(`Negotiation: ms of the thread that carries media, median of ${repetitions}; on a busy machine only the least is believable.`);
  print(`A session with 256 tracks that have sent nothing keeps ${keptKb.toFixed(0)} kB of the heap.`);
  print(formatTable(['', 'in all', 'longest turn', 'at least', 'at most'], [...costs].map(formatRow)));
}

async function createSessions(sfu: Sfu, costs: Costs): Promise<void> {
  for (const { name, sdp } of longOffers()) {
    const created = await measured(costs, `session/new, ${name}`, () =>
      sfu.createSession(APP, { sessionDescription: { type: 'offer', sdp } }),
    );
    await sfu.deleteSession(APP, created.sessionId);
    await sleep(PAUSE_MS);
  }
}

/** Subscribes a viewer to the maximum number of tracks in calls of 64, and then offers again, as for an ICE restart. */
async function watchManyTracks(sfu: Sfu, costs: Costs): Promise<void> {
  const publisher = await sfu.createSession(APP, { sessionDescription: { type: 'offer', sdp: longOffer('sendonly') } });
  const viewer = await sfu.createSession(APP, { sessionDescription: { type: 'offer', sdp: longOffer('recvonly') } });
  const tracks = (publisher.tracks ?? []).map(({ trackId }) => ({ remoteSessionId: publisher.sessionId, remoteTrackId: trackId }));
  for (let first = 0; first < tracks.length; first += TRACKS_PER_CALL) {
    const wanted = { tracks: tracks.slice(first, first + TRACKS_PER_CALL) };
    const name = `${TRACKS_PER_CALL} tracks for a session with 256 m-sections`;
    const reply: SubscribeReply = await measured(costs, `track/subscribe, ${name}`, () => sfu.subscribe(APP, viewer.sessionId, wanted));
    const sdp = answerTo(reply.sessionDescription?.sdp ?? '');
    const answer = { sessionDescription: { type: 'answer', sdp } } as const;
    await measured(costs, `renegotiate, answer to it`, () => sfu.renegotiate(APP, viewer.sessionId, answer));
    await sleep(PAUSE_MS);
  }
  const offer = { sessionDescription: { type: 'offer', sdp: longOffer('recvonly') } } as const;
  await measured(costs, 'renegotiate, offer of a session that receives 256 tracks', () => sfu.renegotiate(APP, viewer.sessionId, offer));
  for (const { sessionId } of [viewer, publisher])
    await measured(costs, 'DELETE of such a session', () => sfu.deleteSession(APP, sessionId));
  await sleep(PAUSE_MS);
}

/** Makes calls concurrently, the worst that one app can do. The longest turn should be that of a single call. */
async function callTogether(sfu: Sfu, costs: Costs): Promise<void> {
  const request = { sessionDescription: { type: 'offer', sdp: longOffer('sendonly') } } as const;
  const name = `session/new, 256 m-sections that send, ${CALLERS} at once`;
  const created = await measured(costs, name, () => Promise.all(Array.from({ length: CALLERS }, () => sfu.createSession(APP, request))));
  for (const { sessionId } of created) await sfu.deleteSession(APP, sessionId);
  await sleep(PAUSE_MS);
}

async function measured<Result>(costs: Costs, name: string, call: () => Promise<Result>): Promise<Result> {
  const results: Result[] = [];
  const cost = await measureTurns(async () => results.push(await call()));
  costs.set(name, [...(costs.get(name) ?? []), cost]);
  const [result] = results;
  if (result === undefined) throw new Error(`${name}: no reply`);
  return result;
}

function formatRow([name, samples]: [string, TurnCost[]]): string[] {
  const total = spreadOf(samples.map(({ totalMs }) => totalMs));
  const longest = spreadOf(samples.map(({ longestTurnMs }) => longestTurnMs));
  return [name, total.median.toFixed(1), longest.median.toFixed(1), longest.lowest.toFixed(1), longest.highest.toFixed(1)];
}
