import type { AnnouncedSsrcPlan, SubscriberTrackPlan } from '@causeway/media';
import {
  CLEAN_LINK,
  connectWorlds,
  type Impairment,
  joinWorlds,
  PublishingPeer,
  ReceivingPeer,
  type ScriptedPeer,
  VideoSource,
  VirtualTime,
  VirtualWorld,
  type WorldLink,
} from '@causeway/testkit';

export const LINK = 'link';
export const LINK_SSRC = 1000;
const ALICE_SSRC = 7;
const BOB_SSRC = 70;

export interface LinkedCallOptions {
  readonly seed?: number;
  /** `plain`: a link within one process. Default: DTLS over a network. */
  readonly security?: 'dtls' | 'plain';
  /** Impairs the network between the engines once the link is up. */
  readonly link?: Impairment;
  readonly payloadBytes?: number;
  readonly packetsPerFrame?: number;
}

/** Alice publishes at engine A, which is linked to engine B, where Bob subscribes. */
export class LinkedCall {
  readonly a: VirtualWorld;
  readonly b: VirtualWorld;
  readonly link: WorldLink;
  readonly alice: ScriptedPeer;
  readonly bob: ScriptedPeer;
  readonly publisher: PublishingPeer;
  readonly receiver: ReceivingPeer;

  constructor({ seed = 1, security = 'dtls', link = CLEAN_LINK, payloadBytes = 200, packetsPerFrame = 3 }: LinkedCallOptions = {}) {
    const time = new VirtualTime();
    this.a = new VirtualWorld({ seed, time, address: '203.0.113.1' });
    this.b = new VirtualWorld({ seed: seed + 1, time, address: '203.0.113.2' });
    const connect = security === 'plain' ? joinWorlds : connectWorlds;
    this.link = connect(this.b, this.a, LINK, { ...CLEAN_LINK, delayMs: link.delayMs });
    this.alice = this.a.connectPeer('alice');
    this.bob = this.b.connectPeer('bob');
    this.a.run(1000);
    this.impair(link);
    this.a.publish(this.alice, { trackId: 'camera', ssrcs: [{ ssrc: ALICE_SSRC, rtxSsrc: undefined }] });
    const source = new VideoSource({ ssrc: ALICE_SSRC, payloadBytes, packetsPerFrame });
    this.publisher = new PublishingPeer(this.a, this.alice, source);
    this.receiver = new ReceivingPeer(this.b, this.bob, { ssrc: BOB_SSRC, rtxSsrc: BOB_SSRC + 1 });
  }

  /** Both ways alike. */
  impair(impairment: Impairment): void {
    this.link.there.impairment = impairment;
    this.link.back.impairment = impairment;
  }

  /** Relays Alice's camera to B, as a relay does: first the receiving side, then the sending one. */
  relay(): void {
    this.announce('camera', [{ ssrc: LINK_SSRC, rtxSsrc: LINK_SSRC + 1 }]);
    this.send({ sourceTrackId: 'camera', ssrc: LINK_SSRC, rtxSsrc: LINK_SSRC + 1 });
  }

  /** B expects a track over the link. */
  announce(trackId: string, ssrcs: readonly AnnouncedSsrcPlan[], rids: readonly string[] = []): void {
    this.b.publish({ id: LINK }, { trackId, mid: trackId, ssrcs, rids });
  }

  /** A sends a track, or a layer of it, over the link. */
  send(plan: Partial<SubscriberTrackPlan> & { readonly sourceTrackId: string; readonly ssrc: number }): void {
    this.a.subscribe({ id: LINK }, plan);
  }

  subscribeBob(): void {
    this.b.subscribe(this.bob, { sourceTrackId: 'camera', ssrc: BOB_SSRC, rtxSsrc: BOB_SSRC + 1 });
  }

  /** Publishes for a while, with everybody's consent fresh. */
  runFor(durationMs: number): void {
    this.a.keepAlive(this.alice, durationMs);
    this.b.keepAlive(this.bob, durationMs);
    this.publisher.publishFor(durationMs);
  }
}

/** What a world's engine said of a transport's state and end. */
export function eventsOf(world: VirtualWorld, transportId: string): string[] {
  return world.events.filter(({ id }) => id === transportId).map(({ what }) => what);
}

export function dropsOf(world: VirtualWorld, reason: string): number {
  const count = world.engine.drops()[reason];
  if (count === undefined) throw new Error(`no drop reason is called ${reason}`);
  return count;
}
