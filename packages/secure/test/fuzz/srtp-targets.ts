/** SRTP and SRTCP from a peer that has the keys, and from one that has not. */
import { type SrtpProfile, UNPROTECT_FORGED, UNPROTECT_MALFORMED, UNPROTECT_REPLAYED } from '@causeway/media';
import {
  capturedTraffic,
  concat,
  createRtcpMutator,
  createRtpMutator,
  type FuzzTarget,
  type FuzzTargetFactory,
  type Mutator,
  mutateBytes,
} from '@causeway/testkit/fuzz';
import { rtpHeaderLength } from '@causeway/wire';
import { SrtpSuite, type SrtpTransform } from '../../src/srtp/srtp-suite.ts';
import { keysOf, PROFILES } from '../srtp/packets.ts';
import { referenceProtectRtcp, referenceProtectRtp } from '../srtp/reference-srtp.ts';

const REFUSALS: readonly number[] = [UNPROTECT_FORGED, UNPROTECT_MALFORMED, UNPROTECT_REPLAYED];
const SSRCS = [1, 2, 3];
/** Contexts remember a bounded number of SSRCs; fresh ones let new streams begin again. */
const INPUTS_PER_CONTEXT = 5000;

const mutateRtp = createRtpMutator({ ssrcs: SSRCS, payloadTypes: [96, 97, 111], extensionIds: [1, 2, 3], extensionValues: [] });
const mutateRtcp = createRtcpMutator(SSRCS);

/** Inputs begin with a byte: its lowest bit says RTCP, the next that the packet is damaged after it was protected. */
const mutatePacket: Mutator = (random, sample, other) => {
  const isRtcp = (sample[1] ?? 0) >= 192 + 8;
  const packet = (isRtcp ? mutateRtcp : mutateRtp)(random, sample.subarray(1), other.subarray(1));
  const isDamaged = random.chance(0.1);
  return concat(Uint8Array.of((isRtcp ? 1 : 0) | (isDamaged ? 2 : 0)), packet);
};

class SrtpUnderFire {
  readonly #suite: SrtpSuite;
  readonly #profile: SrtpProfile;
  #transform: SrtpTransform;
  #inputs = 0;

  constructor(suite: SrtpSuite, profile: SrtpProfile) {
    this.#suite = suite;
    this.#profile = profile;
    this.#transform = this.#connect();
  }

  /** What the peer sends, protected as only it can. */
  protect(isRtcp: boolean, plain: Buffer): Buffer {
    const { local } = keysOf(this.#profile, 'fuzz').far;
    if (isRtcp) return plain.length < 8 ? plain : referenceProtectRtcp(this.#profile, local, plain, ++this.#inputs);
    const headerLength = rtpHeaderLength(plain, plain.length);
    return headerLength < 0 ? plain : referenceProtectRtp(this.#profile, local, plain, headerLength, plain.readUInt16BE(2));
  }

  unprotect(isRtcp: boolean, packet: Uint8Array): number {
    return isRtcp ? this.#transform.inboundRtcp.unprotect(packet) : this.#transform.inbound.unprotectRtp(packet);
  }

  renew(): void {
    if (++this.#inputs % INPUTS_PER_CONTEXT !== 0) return;
    this.#transform.close();
    this.#transform = this.#connect();
  }

  close(): void {
    this.#transform.close();
  }

  #connect(): SrtpTransform {
    const transform = this.#suite.createTransform();
    transform.setKeys(keysOf(this.#profile, 'fuzz').near);
    return transform;
  }
}

async function insideTarget(profile: SrtpProfile): Promise<FuzzTarget> {
  const fire = new SrtpUnderFire(await SrtpSuite.create({ arenaSlots: 64, keystreamPages: 16 }), profile);
  const seeds = [...capturedTraffic('rtp'), ...capturedTraffic('rtcp')].map((packet) => concat(Uint8Array.of(0), packet));
  return {
    name: `inside srtp ${profile.slice(0, 8).toLowerCase()}`,
    share: 2,
    seeds,
    mutate: mutatePacket,
    run(input) {
      const [flags = 0] = input;
      const isRtcp = (flags & 1) !== 0;
      const plain = Buffer.from(input.subarray(1));
      const packet = fire.protect(isRtcp, plain);
      if ((flags & 2) !== 0 && packet.length > 0) packet[packet.length >> 1] ^= 0x40;
      const length = fire.unprotect(isRtcp, packet);
      fire.renew();
      if (length < 0 && REFUSALS.includes(length)) return;
      if ((flags & 2) !== 0) throw new Error('a damaged packet was taken for authentic');
      if (!packet.subarray(0, length).equals(plain)) throw new Error('a packet came out other than it went in');
    },
    close: () => fire.close(),
  };
}

async function outsideTarget(profile: SrtpProfile): Promise<FuzzTarget> {
  const fire = new SrtpUnderFire(await SrtpSuite.create({ arenaSlots: 64, keystreamPages: 16 }), profile);
  return {
    name: `srtp without keys ${profile.slice(0, 3).toLowerCase()}`,
    share: 2,
    seeds: [...capturedTraffic('rtp'), ...capturedTraffic('rtcp')],
    mutate: (random, sample, other) => (random.chance(0.5) ? mutateRtp : mutateBytes)(random, sample, other),
    run(input) {
      if (fire.unprotect(false, input.slice()) > 0 || fire.unprotect(true, input.slice()) > 0) throw new Error('a forgery was believed');
    },
    close: () => fire.close(),
  };
}

export const srtpTargets: readonly FuzzTargetFactory[] = PROFILES.flatMap((profile) => [
  { name: `inside srtp ${profile}`, create: () => insideTarget(profile) },
  { name: `srtp without keys ${profile}`, create: () => outsideTarget(profile) },
]);
