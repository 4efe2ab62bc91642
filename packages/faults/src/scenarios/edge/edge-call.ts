/** Publishers of audio and video, watchers that receive everything, and an exact account of what became of every packet. */
import { setTimeout as sleep } from 'node:timers/promises';
import { drain, type RemoteTrack } from '@causeway/loadtest';
import type { MediaKind, MemberFigures, StreamFigures } from '../../clients/audience-verbs.ts';
import { atMost, exactly, type Finding } from '../finding.ts';
import { timeUntil } from '../lab.ts';
import type { EdgeLab } from './edge-lab.ts';

export interface EdgeCallOptions {
  readonly publishers: number;
  readonly watchers: number;
  readonly videoPacketsPerSecond?: number;
  readonly videoPacketBytes?: number;
}

/** What all watchers received of one kind of media since the window began. */
export interface KindReport {
  readonly expected: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly longestGapMs: number;
}

const AUDIO = { kind: 'audio', packetsPerSecond: 50, packetBytes: 120 } as const;
const VIDEO = { videoPacketsPerSecond: 60, videoPacketBytes: 1_000 } as const;
const FLOW_DEADLINE_MS = 30_000;

export class EdgeCall {
  readonly #lab: EdgeLab;
  readonly tracks: readonly RemoteTrack[];
  readonly #watchers: number;

  private constructor(lab: EdgeLab, tracks: readonly RemoteTrack[], watchers: number) {
    this.#lab = lab;
    this.tracks = tracks;
    this.#watchers = watchers;
  }

  /** Joins all clients and starts to send. Resolves when every watcher receives everything. */
  static async open(lab: EdgeLab, options: EdgeCallOptions): Promise<EdgeCall> {
    const { publishers, watchers, videoPacketsPerSecond, videoPacketBytes } = { ...VIDEO, ...options };
    const video = { kind: 'video', packetsPerSecond: videoPacketsPerSecond, packetBytes: videoPacketBytes } as const;
    const { address } = lab.node;
    const tracks: RemoteTrack[] = [];
    for (let index = 0; index < publishers; index++) {
      for (const media of [video, AUDIO]) tracks.push(await lab.sources.ask('publish', { address, options: media }));
    }
    const call = new EdgeCall(lab, tracks, watchers);
    await lab.sources.ask('start');
    lab.note(`${publishers} publishers have joined`);
    await lab.audience.ask('watch', { address, tracks, count: watchers });
    await lab.audience.ask('beginWindow');
    const movingMs = await call.untilMoving(FLOW_DEADLINE_MS);
    if (!Number.isFinite(movingMs)) throw new Error(`Not everybody sees and hears everything: ${JSON.stringify(await call.figures())}`);
    return call;
  }

  figures(): Promise<MemberFigures[]> {
    return this.#lab.audience.ask('figures');
  }

  /** Starts the window that reports cover. */
  async beginWindow(): Promise<void> {
    await this.#lab.audience.ask('beginWindow');
  }

  async awaitMovement(): Promise<void> {
    await this.#lab.audience.ask('awaitMovement');
  }

  /**
   * Measures from the start of the window, or from a later `awaitMovement`, until every watcher received everything again.
   *
   * @returns infinity if the deadline passed first
   */
  async untilMoving(deadlineMs: number): Promise<number> {
    const streams = async (): Promise<readonly StreamFigures[]> => (await this.figures()).flatMap((member) => member.streams);
    const wanted = this.#watchers * this.tracks.length;
    const isMoving = async (): Promise<boolean> =>
      (await streams()).filter(({ movingAfterMs }) => movingAfterMs !== null).length === wanted;
    if (!Number.isFinite(await timeUntil(isMoving, deadlineMs))) return Number.POSITIVE_INFINITY;
    return Math.max(...(await streams()).map(({ movingAfterMs }) => movingAfterMs ?? Number.POSITIVE_INFINITY));
  }

  /** Pauses, waits for what is under way, and reports what arrived of what was sent since the window began; then sends again. */
  async report(): Promise<Readonly<Record<MediaKind, KindReport>>> {
    await this.#lab.sources.ask('pause');
    await drain(async () => Object.values(await this.#count()).reduce((sum, { lost }) => sum + lost, 0), sleep);
    const reports = await this.#count();
    await this.#lab.sources.ask('start');
    return reports;
  }

  async corrupted(): Promise<number> {
    return (await this.figures()).reduce((sum, { corrupted }) => sum + corrupted, 0);
  }

  async #count(): Promise<Readonly<Record<MediaKind, KindReport>>> {
    const sent = await this.#lab.sources.ask('sent');
    const streams = (await this.figures()).flatMap((member) => member.streams);
    const ofKind = (kind: MediaKind): KindReport => {
      const own = streams.filter((stream) => stream.kind === kind);
      const expected = own.reduce((sum, { trackId, windowFrom }) => sum + Math.max(0, (sent[trackId] ?? 0) - windowFrom), 0);
      return {
        expected,
        lost: expected - own.reduce((sum, { received }) => sum + received, 0),
        duplicates: own.reduce((sum, { duplicates }) => sum + duplicates, 0),
        longestGapMs: Math.max(0, ...own.map(({ longestGapMs }) => longestGapMs)),
      };
    };
    return { audio: ofKind('audio'), video: ofKind('video') };
  }
}

/** Checks that nothing of a running call was lost, repeated or changed since the window began. */
export async function losslessCall(when: string, call: EdgeCall): Promise<Finding[]> {
  const reports = await call.report();
  return [
    ...Object.entries(reports).map(([kind, { expected, lost, longestGapMs }]) =>
      exactly(`${when}: ${kind} packets lost, of ${expected} (longest gap ${Math.round(longestGapMs)} ms)`, lost, 0),
    ),
    exactly(`${when}: packets corrupted or received twice`, await damaged(call, reports), 0),
  ];
}

/** Checks that a call continues from now on, after the fault is over. */
export async function movingAgain(call: EdgeCall, withinMs: number): Promise<Finding[]> {
  await call.awaitMovement();
  const movingMs = await call.untilMoving(3 * withinMs);
  return [
    atMost('until all subscribers see and hear everything again', movingMs, withinMs, ' ms'),
    exactly('packets that arrived corrupted', await call.corrupted(), 0),
  ];
}

async function damaged(call: EdgeCall, reports: Readonly<Record<MediaKind, KindReport>>): Promise<number> {
  return Object.values(reports).reduce((sum, { duplicates }) => sum + duplicates, await call.corrupted());
}
