/**
 * Clients that come and go all the time, watch a simulcast track, change layers, pause, publish for a while, and leave politely or not. A
 * seed decides what they do.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createLoadApi,
  type LoadContext,
  LoadSession,
  PublishingClient,
  type RemoteTrack,
  type SfuAddress,
  SIMULCAST_RIDS,
  SimulcastClient,
  SubscribingClient,
} from '@causeway/loadtest';
import { createSecureSuite } from '@causeway/secure';

export interface GuestTotals {
  readonly joins: number;
  readonly layerSwitches: number;
  readonly packetsReceived: number;
  /** Sequence numbers that later packets have overtaken and that never arrived. */
  readonly packetsLost: number;
  /** Calls and joins that failed. */
  readonly failures: number;
  readonly firstFailure: string | undefined;
}

const GUESTS_AT_ONCE = 12;
const SIMULCAST_TRACKS = 2;
const LONGEST_STAY_MS = 12_000;
const ACT_EVERY_MS = 700;
const PUBLISHED = { packetsPerSecond: 60, packetBytes: 800 } as const;
const SILENT_LISTENER = { onSrtp() {}, onSrtcp() {} };
const AFTER_FAILURE_MS = 1_000;
/** Packets under way have arrived after this time. */
const LAST_PACKETS_MS = 100;

export class Guests {
  readonly #context: LoadContext;
  readonly #hosts: readonly SimulcastClient[];
  readonly #random: () => number;
  readonly #loops: Promise<void>[] = [];
  #joins = 0;
  #layerSwitches = 0;
  #packetsReceived = 0;
  #packetsLost = 0;
  #failures = 0;
  #firstFailure: string | undefined;
  #isOver = false;

  private constructor(context: LoadContext, hosts: readonly SimulcastClient[], seed: number) {
    this.#context = context;
    this.#hosts = hosts;
    this.#random = seededRandom(seed);
    for (let guest = 0; guest < GUESTS_AT_ONCE; guest++) this.#loops.push(this.#visitAgainAndAgain());
  }

  /** Lets guests in from now on. */
  static async invite(address: SfuAddress, seed: number): Promise<Guests> {
    const context = { api: createLoadApi(address), suite: await createSecureSuite() };
    const hosts: SimulcastClient[] = [];
    for (let host = 0; host < SIMULCAST_TRACKS; host++) hosts.push(await SimulcastClient.join(context));
    for (const host of hosts) host.start();
    return new Guests(context, hosts, seed);
  }

  /** Lets no more guests in. Resolves when all have left. */
  async sendHome(): Promise<GuestTotals> {
    this.#isOver = true;
    await Promise.all(this.#loops);
    for (const host of this.#hosts) await host.leave();
    return {
      joins: this.#joins,
      layerSwitches: this.#layerSwitches,
      packetsReceived: this.#packetsReceived,
      packetsLost: this.#packetsLost,
      failures: this.#failures,
      firstFailure: this.#firstFailure,
    };
  }

  async #visitAgainAndAgain(): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#visit();
      } catch (error) {
        this.#failures++;
        this.#firstFailure ??=
          error instanceof Error ? `${error.message}${error.cause instanceof Error ? `: ${error.cause.message}` : ''}` : String(error);
        await sleep(AFTER_FAILURE_MS);
      }
    }
  }

  async #visit(): Promise<void> {
    this.#joins++;
    const kind = this.#random();
    if (kind < 0.6) await this.#watchLayers();
    else if (kind < 0.85) await this.#publishToOne();
    else await this.#hangUp();
  }

  async #watchLayers(): Promise<void> {
    const viewer = await SubscribingClient.join(this.#context, 'count');
    await viewer.subscribe(this.#anyTrack());
    const qualities = [...SIMULCAST_RIDS, 'auto'];
    const endMs = performance.now() + this.#random() * LONGEST_STAY_MS;
    while (performance.now() < endMs && !this.#isOver) {
      await sleep(ACT_EVERY_MS * (0.5 + this.#random()));
      const quality = qualities[Math.floor(this.#random() * qualities.length)] ?? 'auto';
      await viewer.updateFirst({ quality, paused: this.#random() < 0.1 });
      this.#layerSwitches++;
    }
    await this.#farewell(viewer);
  }

  /** Joins two clients, of which one publishes and one watches; the publisher leaves first. */
  async #publishToOne(): Promise<void> {
    const publisher = await PublishingClient.join(this.#context, PUBLISHED);
    const viewer = await SubscribingClient.join(this.#context, 'count');
    await viewer.subscribe(publisher.track);
    publisher.start();
    await sleep((this.#random() * LONGEST_STAY_MS) / 2);
    await publisher.leave();
    await this.#farewell(viewer);
  }

  /** Closes DTLS and never calls the API again. */
  async #hangUp(): Promise<void> {
    const session = await LoadSession.join(this.#context, { listener: SILENT_LISTENER });
    await session.subscribe(this.#anyTrack());
    await sleep((this.#random() * LONGEST_STAY_MS) / 4);
    session.peer.close();
  }

  async #farewell(viewer: SubscribingClient): Promise<void> {
    await sleep(LAST_PACKETS_MS);
    for (const { unique, missing } of viewer.counts()) {
      this.#packetsReceived += unique;
      this.#packetsLost += missing;
    }
    await viewer.leave();
  }

  #anyTrack(): RemoteTrack {
    const host = this.#hosts[Math.floor(this.#random() * this.#hosts.length)];
    if (host === undefined) throw new Error('There is nobody to watch');
    return host.track;
  }
}

/** Uniform in [0, 1): Marsaglia's xorshift32. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
