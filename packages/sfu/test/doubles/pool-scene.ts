import type { PublisherTrackPlan, SubscriberTrackPlan, TransportPlan } from '@causeway/media';
import { seededBytes } from '@causeway/testkit/mesh';
import { VirtualClock } from '@causeway/testkit/virtual-clock';
import { createIceCredentials } from '../../src/negotiation/ice-credentials.ts';
import { type ShardLoss, ShardPool } from '../../src/shard/shard-pool.ts';
import { PoolMemberDouble } from './pool-member-double.ts';
import { wordsOf } from './words-of-event.ts';

const VP8 = { name: 'vp8', clockRateHz: 90_000, channels: 1, fmtp: '', nack: true, pli: true, fir: false };

/** A pool of shards that move no packets, on virtual time. */
export class PoolScene {
  readonly clock = new VirtualClock();
  /** Every shard that was ever started, by number. */
  readonly started: PoolMemberDouble[][];
  readonly losses: ShardLoss[] = [];
  /** What the pool's owner was told: `transport-closed alice internal_error`. */
  readonly news: string[] = [];
  /** Fails the next starts of a shard. */
  refusedStarts = 0;
  readonly #random = seededBytes();
  #pool: ShardPool | undefined;

  static async open(size = 2, { fillShare = 0 }: { readonly fillShare?: number } = {}): Promise<PoolScene> {
    const scene = new PoolScene(size);
    await scene.#open(size, fillShare);
    return scene;
  }

  /** Opens a pool of two of which one cannot be had. @returns why, and whether the other one was closed */
  static async openRefused(): Promise<{ readonly message: string; readonly closed: readonly boolean[] }> {
    const scene = new PoolScene(2);
    scene.refusedStarts = 1;
    const message = await scene.#open(2, 0).then(
      () => 'opened',
      (error: Error) => error.message,
    );
    return { message, closed: scene.started.flat().map(({ isClosed }) => isClosed) };
  }

  private constructor(size: number) {
    this.started = Array.from({ length: size }, () => []);
  }

  get pool(): ShardPool {
    if (this.#pool === undefined) throw new Error('the pool is not open');
    return this.#pool;
  }

  /** The shard that has this number now. */
  member(shardNo: number): PoolMemberDouble {
    const member = this.started[shardNo]?.at(-1);
    if (member === undefined) throw new Error(`shard ${shardNo} was never started`);
    return member;
  }

  join(transportId: string, shardNo: number): void {
    this.pool.send({ type: 'open-transport', plan: this.transportPlan(transportId, shardNo) });
  }

  transportPlan(transportId: string, shardNo: number): TransportPlan {
    return {
      transportId,
      local: createIceCredentials(shardNo, { bytes: this.#random.bytes }),
      remote: { ufrag: 'them', password: 'their-password-of-22-ch' },
      dtlsRole: 'server',
      remoteFingerprints: [],
    };
  }

  publish(transportId: string, changes: Partial<PublisherTrackPlan> = {}): string {
    const trackId = `${transportId}/camera`;
    this.pool.send({
      type: 'put-publisher-track',
      plan: {
        transportId,
        trackId,
        mid: '0',
        kind: 'video',
        codecs: [{ ...VP8, payloadType: 96, rtxPayloadType: 97 }],
        extensions: [],
        ssrcs: [],
        rids: [],
        transportWideCc: false,
        ...changes,
      },
    });
    return trackId;
  }

  subscribe(transportId: string, sourceTrackId: string | undefined, changes: Partial<SubscriberTrackPlan> = {}): string {
    const subscriptionId = `${transportId}/watch`;
    this.pool.send({
      type: 'put-subscriber-track',
      plan: {
        transportId,
        subscriptionId,
        mid: '1',
        kind: 'video',
        sourceTrackId,
        ssrc: 1000,
        rtxSsrc: 1001,
        cname: 'cname',
        codecs: [{ ...VP8, payloadType: 100, rtxPayloadType: 101 }],
        extensions: [],
        paused: false,
        preferredRid: undefined,
        ...changes,
      },
    });
    return subscriptionId;
  }

  /** Lets time pass while all shards but these say that they are alive. */
  async pass(ms: number, silent: readonly number[] = []): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += 100) {
      for (let shardNo = 0; shardNo < this.started.length; shardNo++) if (!silent.includes(shardNo)) this.member(shardNo).beat();
      await this.clock.advance(100);
    }
  }

  async #open(size: number, fillShare: number): Promise<void> {
    this.#pool = await ShardPool.open({
      size,
      clock: this.clock,
      fingerprint: { algorithm: 'sha-256', value: 'AB' },
      port: 8081,
      fillShare,
      onShardLost: (loss) => this.losses.push(loss),
      startMember: async (shardNo) => {
        if (this.refusedStarts > 0 && this.refusedStarts--) throw new Error('no thread for you');
        const member = new PoolMemberDouble();
        this.started[shardNo]?.push(member);
        return member;
      },
    });
    this.pool.setListener((event) => this.news.push(wordsOf(event)));
  }
}
