import { RecordingShard } from '@causeway/testkit/mesh';
import type { LoadSample } from '../../src/overload/load-source.ts';
import type { LinkMemory, NeighbourChannel } from '../../src/shard/neighbour.ts';
import { linkPlan } from '../../src/shard/shard-link.ts';
import type { PoolMember } from '../../src/shard/shard-set.ts';

/** A shard of a pool without a thread and without media; it is lost when a test says so. */
export class PoolMemberDouble extends RecordingShard implements PoolMember {
  readonly #channels: NeighbourChannel[] = [];
  load: LoadSample | undefined = undefined;
  beats = 0;
  isTerminated = false;
  /** What `settled` waits for. */
  holdUp: Promise<void> = Promise.resolve();
  #onLost: ((error: Error) => void) | undefined;

  get neighbours(): readonly number[] {
    return this.#channels.map(({ neighbourNo }) => neighbourNo);
  }

  settled(): Promise<void> {
    return this.holdUp;
  }

  meet(channel: NeighbourChannel): void {
    this.#channels.push(channel);
  }

  part(neighbourNo: number): void {
    for (const [index, channel] of this.#channels.entries()) {
      if (channel.neighbourNo !== neighbourNo) continue;
      channel.port.close();
      this.#channels.splice(index, 1);
    }
  }

  openLink(_neighbourNo: number, transportId: string, _memory: LinkMemory): void {
    this.send({ type: 'open-transport', plan: linkPlan(transportId) });
  }

  terminate(): void {
    this.isTerminated = true;
    this.loseThread(new Error('terminated'));
  }

  setLossListener(onLost: (error: Error) => void): void {
    this.#onLost = onLost;
  }

  /** The thread is gone. */
  loseThread(error: Error): void {
    for (const { port } of this.#channels) port.close();
    this.#onLost?.(error);
  }

  override async close(): Promise<void> {
    for (const { port } of this.#channels) port.close();
    await super.close();
  }

  /** The event loop has turned. */
  beat(utilization?: number): void {
    this.beats++;
    if (utilization === undefined) return;
    this.load = { eventLoopDelayMs: { p50: 0, p99: 0, max: 0 }, timerDelaysMs: [], utilization, memoryShare: 0.1, uplinkLossRatio: 0 };
  }
}
