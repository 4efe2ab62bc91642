import { PublishingPeer, ReceivingPeer, type ScriptedPeer, VideoSource, VirtualWorld } from '@causeway/testkit';

const FRAME_INTERVAL_MS = 33;
const ALICE_SSRC = 7;
const BOB_SSRC = 70;

/** A stream between two sessions that have nothing to do with the attack beside it, and what became of its packets. */
export class RunningCall {
  readonly world = new VirtualWorld();
  readonly alice: ScriptedPeer;
  readonly bob: ScriptedPeer;
  readonly #publisher: PublishingPeer;
  readonly #receiver: ReceivingPeer;

  constructor() {
    this.alice = this.world.connectPeer('alice');
    this.bob = this.world.connectPeer('bob');
    this.world.publish(this.alice, { trackId: 'camera', ssrcs: [{ ssrc: ALICE_SSRC, rtxSsrc: undefined }] });
    this.world.subscribe(this.bob, { sourceTrackId: 'camera', ssrc: BOB_SSRC });
    this.#publisher = new PublishingPeer(this.world, this.alice, new VideoSource({ ssrc: ALICE_SSRC }));
    this.#receiver = new ReceivingPeer(this.world, this.bob, { ssrc: BOB_SSRC });
  }

  /** Publishes for a while; `attack` is called 30 times a second meanwhile. */
  runFor(durationMs: number, attack: (nowMs: number) => void = () => undefined): void {
    this.world.keepAlive(this.alice, durationMs);
    this.world.keepAlive(this.bob, durationMs);
    for (let passedMs = 0; passedMs < durationMs; passedMs += FRAME_INTERVAL_MS) {
      attack(this.world.nowMs);
      this.#publisher.sendFrame();
      this.world.run(FRAME_INTERVAL_MS);
    }
    // What is on its way arrives; nobody checks meanwhile, so this must be short.
    this.world.run(100);
  }

  /** Packets that Alice sent and Bob has not got, and copies that he got twice. */
  get harm(): { readonly lost: number; readonly repeated: number } {
    return { lost: this.#publisher.packetsSent - this.#receiver.packets.size, repeated: this.#receiver.duplicates };
  }

  drops(reason: string): number {
    const count = this.world.engine.snapshot(this.world.nowMs).drops[reason];
    if (count === undefined) throw new Error(`no drop reason is called ${reason}`);
    return count;
  }
}

/** What `harm` is for a stream that was not harmed. */
export const UNHARMED = { lost: 0, repeated: 0 };
