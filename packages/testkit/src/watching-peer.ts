/**
 * A browser that watches VP8. It reports every packet in transport-wide feedback, shows the frames that it can decode, and requests a
 * keyframe when it cannot continue.
 */
import { readTransportSequence, SequenceUnwrapper, toSeq16, Vp8Descriptor, writeNack, writePli } from '@causeway/wire';
import { FeedbackPeer } from './bottleneck/index.ts';
import { RepairedPicture, type ShownFrame } from './repaired-picture.ts';
import type { ReceivedRtp, ScriptedPeer } from './scripted-peer.ts';
import type { VirtualWorld } from './virtual-world.ts';

/** The size of a packet without its payload: headers of RTP, UDP and IPv4, and SRTP's tag. */
const OVERHEAD_BYTES = 12 + 8 + 28 + 10;
const KEYFRAME_RETRY_MS = 300;
/** As often as libwebrtc looks for missing packets. */
const LOOK_EVERY_MS = 20;
/** The original sequence number in front of a retransmitted payload (RFC 4588 §4). */
const ORIGINAL_NUMBER_LENGTH = 2;

export interface WatchingPeerOptions {
  /** The id of the extension for transport-wide numbers. */
  readonly extensionId: number;
  /** When the peer stops sending feedback. */
  readonly forMs: number;
  /** What is false in its feedback. Default: nothing. */
  readonly lie?: FeedbackLie;
}

/** What a peer reports although it is not so. */
export interface FeedbackLie {
  /** How much later than they did packets are said to have arrived, at a given time. */
  readonly delayMs?: (nowMs: number) => number;
  /** Whether a packet that has arrived is reported as lost. */
  readonly denies?: (nowMs: number) => boolean;
  /** Whether packets that were lost are reported as received. */
  readonly claimsLost?: boolean;
}

export class WatchingPeer {
  readonly #world: VirtualWorld;
  readonly #peer: ScriptedPeer;
  readonly #pictures = new Map<number, { receive(packet: ReceivedRtp): void }>();
  readonly #forMs: number;

  constructor(world: VirtualWorld, peer: ScriptedPeer, { extensionId, forMs, lie = {} }: WatchingPeerOptions) {
    this.#world = world;
    this.#peer = peer;
    this.#forMs = forMs;
    const unwrapper = new SequenceUnwrapper();
    const feedback = new FeedbackPeer({
      simulation: {
        get nowMs() {
          return world.nowMs + (lie.delayMs?.(world.nowMs) ?? 0);
        },
        every(intervalMs, act) {
          const untilMs = world.nowMs + forMs;
          const again = (nowMs: number): void => {
            act();
            if (nowMs + intervalMs < untilMs) world.after(intervalMs, again);
          };
          world.after(0, again);
        },
      },
      intervalMs: 50,
      sendFeedback: (rtcp) => peer.sendRaw(world.nowMs, rtcp.slice()),
    });
    let next = Number.POSITIVE_INFINITY;
    peer.onRtp = (packet) => {
      const value = packet.extensions.get(extensionId);
      const number = value && readTransportSequence(value, 0, value.length);
      if (number !== undefined) {
        const sequence = unwrapper.unwrap(toSeq16(number));
        const sizeBytes = packet.payload.length + OVERHEAD_BYTES;
        if (lie.claimsLost === true) for (; next < sequence; next++) feedback.receive(next, sizeBytes);
        if (lie.denies?.(world.nowMs) !== true) feedback.receive(sequence, sizeBytes);
        next = sequence + 1;
      }
      this.#pictures.get(packet.ssrc)?.receive(packet);
    };
  }

  /** Watches a stream from now on. @returns the frames that are shown, which are added as they come */
  watch(ssrc: number): readonly ShownFrame[] {
    const picture = new Picture(() => this.#askForKeyframe(ssrc));
    this.#pictures.set(ssrc, picture);
    return picture.shown;
  }

  /** Does the same, but has missing packets sent again on the RTX stream and waits for them, as browsers do. */
  watchRepaired(ssrc: number, rtxSsrc: number): readonly ShownFrame[] {
    const picture = new RepairedPicture({
      packets: (lost) =>
        this.#peer.sendRtcp(this.#world.nowMs, (out, offset) => writeNack(out, offset, { senderSsrc: 1, mediaSsrc: ssrc, lost })),
      keyframe: () => this.#askForKeyframe(ssrc),
    });
    this.#pictures.set(ssrc, picture);
    this.#pictures.set(rtxSsrc, { receive: (packet) => receiveRepair(picture, packet) });
    const untilMs = this.#world.nowMs + this.#forMs;
    const again = (nowMs: number): void => {
      picture.ask(nowMs);
      if (nowMs < untilMs) this.#world.after(LOOK_EVERY_MS, again);
    };
    this.#world.after(0, again);
    return picture.shown;
  }

  #askForKeyframe(ssrc: number): void {
    this.#peer.sendRtcp(this.#world.nowMs, (out, offset) => writePli(out, offset, { senderSsrc: 1, mediaSsrc: ssrc }));
  }
}

/** Padding of a probe leaves no room for an original number. */
function receiveRepair(picture: RepairedPicture, packet: ReceivedRtp): void {
  const { payload } = packet;
  if (payload.length < ORIGINAL_NUMBER_LENGTH) return;
  const sequence = toSeq16(new DataView(payload.buffer, payload.byteOffset).getUint16(0));
  picture.receive({ ...packet, sequence, payload: payload.subarray(ORIGINAL_NUMBER_LENGTH) });
}

/** The decoder of one stream. After a missing packet, nothing can be shown until the next keyframe. */
class Picture {
  readonly shown: ShownFrame[] = [];
  readonly #unwrapper = new SequenceUnwrapper();
  readonly #vp8 = new Vp8Descriptor();
  readonly #askForKeyframe: () => void;
  #next = Number.NaN;
  #pictureId: number | undefined = undefined;
  #isBroken = true;
  #isKeyframe = false;
  #askedAtMs = Number.NEGATIVE_INFINITY;

  constructor(askForKeyframe: () => void) {
    this.#askForKeyframe = askForKeyframe;
  }

  receive({ atMs, sequence, payload, marker }: ReceivedRtp): void {
    const number = this.#unwrapper.unwrap(sequence);
    if (!this.#vp8.read(payload, 0, payload.length)) return;
    const isInOrder = number === this.#next;
    if (this.#vp8.isFrameStart) this.#isKeyframe = this.#vp8.isKeyframe;
    if (this.#vp8.isKeyframe) this.#isBroken = false;
    else if (!isInOrder || !this.#isSameOrNextPicture()) this.#isBroken = true;
    this.#pictureId = this.#vp8.pictureId;
    this.#next = number + 1;
    if (this.#isBroken) this.#complain(atMs);
    else if (marker) this.shown.push({ atMs, payloadBytes: payload.length, isKeyframe: this.#isKeyframe });
  }

  /** Whether the packet belongs to the present picture or the next one, because a decoder waits for a picture whose number is missing. */
  #isSameOrNextPicture(): boolean {
    const { pictureId, isFrameStart } = this.#vp8;
    if (pictureId === undefined || this.#pictureId === undefined) return true;
    return pictureId === ((this.#pictureId + (isFrameStart ? 1 : 0)) & 0x7fff);
  }

  #complain(atMs: number): void {
    if (atMs - this.#askedAtMs < KEYFRAME_RETRY_MS) return;
    this.#askedAtMs = atMs;
    this.#askForKeyframe();
  }
}
