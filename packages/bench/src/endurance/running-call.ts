/** A call of one publisher and twenty subscribers, which must not notice what else happens to the node. */
import { setTimeout as sleep } from 'node:timers/promises';
import { drain, quantile, type RemoteTrack, type SfuAddress } from '@causeway/loadtest';
import type { LoadVerbs } from '../load/load-verbs.ts';
import { BenchProcess } from '../processes/bench-process.ts';
import { runFirst } from '../processes/precedence.ts';

/** What the call noticed. */
export interface CallReport {
  readonly sent: number;
  readonly lost: number;
  readonly corrupted: number;
  /** Latency from the publisher's socket to that of one subscriber, through the node. */
  readonly latencyP50Ms: number;
  readonly latencyP99Ms: number;
  readonly latencyMaxMs: number;
}

const SFU = 'node';
const SUBSCRIBERS = 20;
const JOINS_AT_ONCE = 4;
const LOAD = { packetsPerSecond: 250, packetBytes: 1200 } as const;
const WARM_UP_MS = 1_000;

export class RunningCall {
  readonly #clients: BenchProcess<LoadVerbs>;
  #track: RemoteTrack | undefined;
  #sentBefore = 0;
  #receivedBefore = 0;

  private constructor(clients: BenchProcess<LoadVerbs>) {
    this.#clients = clients;
  }

  /** Runs a function beside a call, whose clients are in a process of their own. */
  static async beside<Result>(address: SfuAddress, act: (call: RunningCall) => Promise<Result>): Promise<Result> {
    const program = new URL('../load/main.ts', import.meta.url);
    const clients = new BenchProcess<LoadVerbs>({ name: 'call', program, role: 'load' });
    runFirst(clients.pid);
    const call = new RunningCall(clients);
    try {
      return await Promise.race([call.#hold(address, act), clients.died]);
    } finally {
      await clients.stop();
    }
  }

  /** Process id of the clients. */
  get pid(): number {
    return this.#clients.pid;
  }

  /** The track that the call publishes. */
  get track(): RemoteTrack {
    if (this.#track === undefined) throw new Error('A call that has not begun publishes nothing');
    return this.#track;
  }

  /** Runs a function, and reports what happened to the call in that time. */
  async during(act: () => Promise<void>): Promise<CallReport> {
    const before = await this.#clients.ask('totals', SFU);
    this.#sentBefore = before.sent;
    this.#receivedBefore = before.received;
    await this.#clients.ask('start', SFU);
    await sleep(WARM_UP_MS);
    await this.#clients.ask('takeLatenciesMs', SFU);
    await act();
    await this.#clients.ask('pause', SFU);
    await drain(() => this.#outstanding(), sleep);
    return this.#report();
  }

  async #hold<Result>(address: SfuAddress, act: (call: RunningCall) => Promise<Result>): Promise<Result> {
    await this.#join(address);
    const result = await act(this);
    await this.#clients.ask('leave', SFU);
    return result;
  }

  async #join(address: SfuAddress): Promise<void> {
    await this.#clients.ask('open', { sfu: SFU, address });
    const track = await this.#clients.ask('publish', { sfu: SFU, options: LOAD });
    this.#track = track;
    const request = { sfu: SFU, tracks: [track], atOnce: JOINS_AT_ONCE } as const;
    await this.#clients.ask('join', { ...request, count: SUBSCRIBERS - 1, diligence: 'count' });
    await this.#clients.ask('join', { ...request, count: 1, diligence: 'check' });
  }

  async #outstanding(): Promise<number> {
    const { sent, received } = await this.#clients.ask('totals', SFU);
    return (sent - this.#sentBefore) * SUBSCRIBERS - (received - this.#receivedBefore);
  }

  async #report(): Promise<CallReport> {
    const { sent, corrupted } = await this.#clients.ask('totals', SFU);
    const latencies = await this.#clients.ask('takeLatenciesMs', SFU);
    return {
      sent: sent - this.#sentBefore,
      lost: await this.#outstanding(),
      corrupted,
      latencyP50Ms: quantile(latencies, 0.5),
      latencyP99Ms: quantile(latencies, 0.99),
      latencyMaxMs: quantile(latencies, 1),
    };
  }
}
