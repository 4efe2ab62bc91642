/** A call of one publisher with watchers in any regions, and an exact account of what became of every packet. */
import { setTimeout as sleep } from 'node:timers/promises';
import { drain, type RemoteTrack } from '@causeway/loadtest';
import type { WatchFigures } from '../clients/client-verbs.ts';
import { type Lab, timeUntil } from './lab.ts';

export interface CallOptions {
  /** Different from the names of other calls in the lab. */
  readonly name: string;
  readonly from: string;
  /** The number of watchers in each region. */
  readonly to: Readonly<Record<string, number>>;
  readonly packetsPerSecond?: number;
  readonly packetBytes?: number;
}

/** What the watchers in one region received of what was sent since the window began. */
export interface RegionReport {
  readonly watchers: number;
  readonly expected: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly corrupted: number;
  /** The longest gap of any watcher. */
  readonly longestGapMs: number;
}

const DEFAULT_LOAD = { packetsPerSecond: 60, packetBytes: 700 } as const;
const FLOW_DEADLINE_MS = 20_000;

export class Call {
  readonly track: RemoteTrack;
  readonly #lab: Lab;
  readonly #options: CallOptions;

  private constructor(lab: Lab, options: CallOptions, track: RemoteTrack) {
    this.#lab = lab;
    this.#options = options;
    this.track = track;
  }

  /** Joins all clients and starts to send. Resolves when every watcher has seen a frame. */
  static async open(lab: Lab, options: CallOptions): Promise<Call> {
    const { name, from, to, packetsPerSecond, packetBytes } = { ...DEFAULT_LOAD, ...options };
    const publish = { group: name, address: lab.address(from), options: { packetsPerSecond, packetBytes } };
    const call = new Call(lab, options, await lab.sources.ask('publish', publish));
    await lab.sources.ask('start', name);
    for (const [region, count] of Object.entries(to)) await call.join(region, count);
    return call;
  }

  /** Adds watchers. Resolves when they have seen a frame. @throws Error – they did not */
  async join(region: string, count: number): Promise<void> {
    if (count === 0) return;
    await this.#lab.watchers.ask('watch', { group: this.#group(region), address: this.#lab.address(region), track: this.track, count });
    await this.flows(region);
  }

  /** Waits until all watchers in a region have seen a frame. */
  async flows(region: string): Promise<void> {
    const tookMs = await timeUntil(
      async () => (await this.figures(region)).every(({ firstFrameMs }) => firstFrameMs !== null),
      FLOW_DEADLINE_MS,
    );
    if (tookMs > FLOW_DEADLINE_MS) throw new Error(`${this.#options.name}: not everybody in ${region} sees ${JSON.stringify(this.track)}`);
  }

  figures(region: string): Promise<WatchFigures[]> {
    return this.#lab.watchers.ask('figures', this.#group(region));
  }

  /** Makes everybody who watches report what arrives. */
  async startReports(): Promise<void> {
    for (const region of this.regions) await this.#lab.watchers.ask('startReports', this.#group(region));
  }

  get regions(): readonly string[] {
    return Object.keys(this.#options.to);
  }

  /** Starts the window that reports cover. */
  async beginWindow(): Promise<void> {
    for (const region of this.regions) await this.#lab.watchers.ask('beginWindow', this.#group(region));
  }

  /** Pauses, waits for what is under way, and reports what arrived; then sends again. */
  async report(): Promise<Readonly<Record<string, RegionReport>>> {
    await this.#lab.sources.ask('pause', this.#options.name);
    const read = async () =>
      Object.fromEntries(await Promise.all(this.regions.map(async (region) => [region, await this.#reportOf(region)] as const)));
    await drain(async () => Object.values(await read()).reduce((sum, { lost }) => sum + lost, 0), sleep);
    const reports = await read();
    await this.#lab.sources.ask('start', this.#options.name);
    return reports;
  }

  /** Lets all watchers in a region leave properly. */
  async leave(region: string): Promise<void> {
    await this.#lab.watchers.ask('leave', this.#group(region));
  }

  /** Lets all watchers in a region fall silent without a goodbye. */
  async vanish(region: string): Promise<void> {
    await this.#lab.watchers.ask('vanish', this.#group(region));
  }

  async #reportOf(region: string): Promise<RegionReport> {
    const sent = await this.#lab.sources.ask('sent', this.#options.name);
    const figures = await this.figures(region);
    const expected = figures.reduce((sum, { windowFrom }) => sum + Math.max(0, sent - windowFrom), 0);
    return {
      watchers: figures.length,
      expected,
      lost: expected - figures.reduce((sum, { received }) => sum + received, 0),
      duplicates: figures.reduce((sum, { duplicates }) => sum + duplicates, 0),
      corrupted: figures.reduce((sum, { corrupted }) => sum + corrupted, 0),
      longestGapMs: Math.max(0, ...figures.map(({ longestGapMs }) => longestGapMs)),
    };
  }

  #group(region: string): string {
    return `${this.#options.name}@${region}`;
  }
}
