/** Alice speaks and Bob listens: sound without a picture, with transport-wide feedback. */
import { OPUS, type ReceivedRtp, type ScriptedPeer, VirtualWorld, WatchingPeer } from '@causeway/testkit';
import { compactNtp, type RtcpPacket, SequenceUnwrapper, TRANSPORT_WIDE_CC_URI, toSeq16, writeReceiverReport } from '@causeway/wire';
import type { CodecPlan, PublisherTrackPlan, SubscriberTrackPlan } from '../../src/index.ts';

const FRAME_MS = 20;
/** What a browser sends once in silence. */
const SILENCE_MS = 400;
const TICKS_PER_MS = 48;
const NUMBERED = [{ id: 5, uri: TRANSPORT_WIDE_CC_URI }];
export const SOURCE_SSRC = 9;
export const SOUND_SSRC = 90;
export const CLEAN_PATH = { delayMs: 20, jitterMs: 0, lossProbability: 0, duplicateProbability: 0 };

export interface SoundCallOptions {
  readonly codecs?: readonly CodecPlan[];
  readonly subscriber?: Pick<Partial<SubscriberTrackPlan>, 'codecs' | 'isReportedByStream' | 'extensions'>;
  readonly publisher?: Pick<Partial<PublisherTrackPlan>, 'extensions'>;
  /** The path from the SFU to Bob. */
  readonly path?: typeof CLEAN_PATH;
  /** From Alice to the SFU. */
  readonly uplink?: typeof CLEAN_PATH;
  /** The timestamp of Alice's first packet. Default: one second. */
  readonly firstTimestamp?: number;
  /** Turns the frame numbered `serial` into a payload. Default: the frame itself. */
  readonly pack?: (frame: Uint8Array, serial: number) => { readonly payloadType: number; readonly payload: Uint8Array };
}

export class SoundCall {
  readonly world: VirtualWorld;
  readonly alice: ScriptedPeer;
  readonly bob: ScriptedPeer;
  readonly #options: SoundCallOptions;
  readonly #sent: number[] = [];
  readonly #packets = new Map<number, Parameters<ScriptedPeer['sendRtp']>[1]>();
  #timestamp: number;
  #skippedNumbers = 0;
  readonly #heardNumbers = new SequenceUnwrapper();
  #reported: { readonly highest: number | undefined; readonly packets: number; readonly lost: number } = {
    highest: undefined,
    packets: 0,
    lost: 0,
  };
  /** Whether Alice answers NACKs. */
  resends = true;

  constructor(seed: number, options: SoundCallOptions = {}) {
    const { codecs = [OPUS], path = CLEAN_PATH, uplink = CLEAN_PATH } = options;
    this.#options = options;
    this.#timestamp = options.firstTimestamp ?? 48_000;
    this.world = new VirtualWorld(seed);
    const { world } = this;
    this.alice = world.connectPeer('alice', CLEAN_PATH);
    this.bob = world.connectPeer('bob', CLEAN_PATH, 'bob-app');
    world.linksOf(this.alice.path).up.impairment = uplink;
    world.linksOf(this.bob.path).down.impairment = path;
    const ssrcs = [{ ssrc: SOURCE_SSRC, rtxSsrc: undefined }];
    world.publish(this.alice, { trackId: 'voice', kind: 'audio', codecs, ssrcs, ...options.publisher });
    const plan = { sourceTrackId: 'voice', ssrc: SOUND_SSRC, kind: 'audio', codecs, extensions: NUMBERED } as const;
    world.subscribe(this.bob, { ...plan, ...options.subscriber });
    new WatchingPeer(world, this.bob, { extensionId: 5, forMs: 60_000 });
    this.bob.onRtcp = (nowMs, packet) => this.#report(nowMs, packet);
    this.alice.onRtcp = (nowMs, packet) => this.#answer(nowMs, packet);
    world.keepAlive(this.alice, 60_000);
    world.keepAlive(this.bob, 60_000);
  }

  speak(durationMs: number): void {
    for (let passedMs = 0; passedMs < durationMs; passedMs += FRAME_MS) this.#sendFrame(FRAME_MS, 80);
  }

  /** Discontinuous transmission: a tiny packet every 400 ms. */
  beSilent(durationMs: number): void {
    for (let passedMs = 0; passedMs < durationMs; passedMs += SILENCE_MS) this.#sendFrame(SILENCE_MS, 2);
  }

  /** Leaves out sequence numbers, as if packets had been lost. */
  skipNumbers(count: number): void {
    this.#skippedNumbers += count;
  }

  /** Lets the last packets and their repairs arrive. */
  finish(): void {
    this.world.run(400);
  }

  /** The packets of sound that Bob received, in order of arrival. */
  heard(): readonly ReceivedRtp[] {
    return this.bob.received.filter(({ ssrc }) => ssrc === SOUND_SSRC);
  }

  /** The serial numbers of the frames that Bob received, in order and once each. Only for frames that are sent as they are. */
  heardSerials(): readonly number[] {
    return [...new Set(this.heard().map(({ payload }) => serialOfFrame(payload)))].sort((one, other) => one - other);
  }

  sentSerials(): readonly number[] {
    return this.#sent;
  }

  #sendFrame(lastsMs: number, length: number): void {
    const serial = this.#sent.push(this.#sent.length) - 1;
    const { payloadType, payload } = this.#options.pack?.(frameOf(serial, length), serial) ?? {
      payloadType: OPUS.payloadType,
      payload: frameOf(serial, length),
    };
    const sequence = toSeq16(65_500 + serial + this.#skippedNumbers);
    const packet = { ssrc: SOURCE_SSRC, payloadType, sequence, timestamp: this.#timestamp >>> 0, payload };
    this.#packets.set(packet.sequence, packet);
    this.alice.sendRtp(this.world.nowMs, packet);
    this.#timestamp += lastsMs * TICKS_PER_MS;
    this.world.run(lastsMs);
  }

  /** Bob answers sender reports at once, which shows the round-trip time, with what he has received and missed (RFC 3550 §6.4.1). */
  #report(nowMs: number, packet: RtcpPacket): void {
    if (packet.type !== 'sender-report') return;
    const arrived = this.heard().slice(this.#reported.packets);
    if (arrived.length === 0) return;
    const numbers = arrived.map(({ sequence }) => this.#heardNumbers.unwrap(sequence));
    const highest = Math.max(...numbers);
    const expected = highest - (this.#reported.highest ?? Math.min(...numbers) - 1);
    const lost = expected - arrived.length;
    const cumulativeLost = this.#reported.lost + lost;
    this.#reported = { highest, packets: this.#reported.packets + arrived.length, lost: cumulativeLost };
    const lastSenderReport = compactNtp(packet.ntpSeconds, packet.ntpFraction);
    const report = {
      fractionLost: expected > 0 ? Math.max(0, Math.min(255, Math.floor((256 * lost) / expected))) : 0,
      cumulativeLost: Math.max(0, cumulativeLost),
      extendedHighestSeq: highest,
      jitterTicks: 0,
      ssrc: packet.senderSsrc,
      lastSenderReport,
      delaySinceLastSenderReport: 0,
    };
    this.bob.sendRtcp(nowMs, (out, offset) => writeReceiverReport(out, offset, { senderSsrc: 1, reports: [report] }));
  }

  #answer(nowMs: number, packet: RtcpPacket): void {
    if (packet.type !== 'nack' || !this.resends) return;
    for (const sequence of packet.lost) {
      const sent = this.#packets.get(toSeq16(sequence));
      if (sent !== undefined) this.alice.sendRtp(nowMs, sent);
    }
  }
}

/** A frame that names itself, in as many bytes as there are. */
export function frameOf(serial: number, length: number): Uint8Array {
  const frame = new Uint8Array(length);
  frame[0] = serial >> 8;
  frame[1] = serial & 0xff;
  return frame;
}

export function serialOfFrame(frame: Uint8Array): number {
  return ((frame[0] ?? 0) << 8) | (frame[1] ?? 0);
}
