import type { SdpCodec, SdpDescription, SdpDirection, SdpSection } from '@causeway/wire';
import { isRejectedSection, parseSdp, writeSdp } from '@causeway/wire';
import { isAudio, withRtx } from './scripted-codecs.ts';

export interface TransceiverOptions {
  readonly direction?: SdpDirection;
  /** Names from `vp8 vp9 h264 opus pcmu`, best first. */
  readonly codecs?: readonly string[];
  readonly trackId?: string;
  /** `-` stands for no stream. */
  readonly streamId?: string;
  readonly rids?: readonly string[];
}

/** The kind `application` stands for the section of data channels, which has no transceiver in a browser. */
interface Transceiver extends Required<Omit<TransceiverOptions, 'direction'>> {
  readonly kind: 'audio' | 'video' | 'application';
  readonly mid: string;
  direction: SdpDirection;
  isStopped: boolean;
  /** How the SFU first described a section that it added, because browsers keep the negotiated codecs and numbers. */
  readonly added: Pick<SdpSection, 'codecs' | 'extensions'> | undefined;
  /** How often the browser would have fired `track`. */
  trackEvents: number;
  isReceiving: boolean;
  readonly ssrc: number;
}

/**
 * A WebRTC client as in JSEP, without media: transceivers, offers and answers. It holds the SFU to the rules of SDP, and throws when one is
 * broken, as a browser would.
 */
export class ScriptedClient {
  readonly transceivers: Transceiver[] = [];
  ice = { ufrag: 'cli1', password: 'clientclientclientclient' };
  fingerprint = { algorithm: 'sha-256', value: Array.from({ length: 32 }, () => 'CD').join(':') };
  /** The codecs that this client can decode, for m-sections that the SFU adds. */
  readonly decodes: readonly string[];
  /** What the client announces about its SCTP association. */
  sctp = { port: 5000, maxMessageSize: 262_144 };
  refusesData = false;
  lastRemote: SdpDescription | undefined;
  #version = 1;
  #nextMid = 0;
  #ssrcs = 0;
  readonly #payloadTypeMeaning = new Map<number, string>();
  readonly #extensionMeaning = new Map<number, string>();

  constructor(decodes: readonly string[] = ['vp8', 'vp9', 'h264', 'opus', 'pcmu']) {
    this.decodes = decodes;
  }

  /** Adds the section that the first `createDataChannel` adds. */
  addDataSection(): Transceiver {
    return this.addTransceiver('application');
  }

  addTransceiver(kind: Transceiver['kind'], options: TransceiverOptions = {}): Transceiver {
    while (this.transceivers.some(({ mid }) => mid === String(this.#nextMid))) this.#nextMid++;
    const mid = String(this.#nextMid++);
    const transceiver: Transceiver = {
      kind,
      mid,
      direction: options.direction ?? 'sendrecv',
      codecs: options.codecs ?? (kind === 'audio' ? ['opus', 'pcmu'] : ['vp8', 'vp9', 'h264']),
      trackId: options.trackId ?? `track-${mid}`,
      streamId: options.streamId ?? '-',
      rids: options.rids ?? [],
      isStopped: false,
      added: undefined,
      trackEvents: 0,
      isReceiving: false,
      ssrc: this.#nextSsrc(),
    };
    this.transceivers.push(transceiver);
    return transceiver;
  }

  at(mid: string): Transceiver {
    const found = this.transceivers.find((transceiver) => transceiver.mid === mid);
    if (found === undefined) throw new Error(`there is no transceiver with mid ${mid}`);
    return found;
  }

  createOffer(): { readonly type: 'offer'; readonly sdp: string } {
    return { type: 'offer', sdp: writeSdp(this.#describe('actpass', (transceiver) => this.#offeredSection(transceiver))) };
  }

  applyAnswer({ sdp }: { readonly sdp: string }): void {
    const answer = this.#read(sdp);
    if (answer.sections.length !== this.transceivers.length) throw new Error('an answer has as many sections as the offer');
    this.#applyRemote(answer);
  }

  /** @returns the answer of `setRemoteDescription(offer); createAnswer()` */
  answerOffer({ sdp }: { readonly sdp: string }): { readonly type: 'answer'; readonly sdp: string } {
    const offer = this.#read(sdp);
    if (offer.sections.some(({ setup, port }) => port !== 0 && setup !== 'actpass')) throw new Error('an offer names a=setup:actpass');
    this.#applyRemote(offer);
    const answer = this.#describe('active', (transceiver, index) => this.#answeredSection(transceiver, offer.sections[index]));
    return { type: 'answer', sdp: writeSdp(answer) };
  }

  restartIce(): void {
    this.ice = { ufrag: `${this.ice.ufrag}x`, password: `${this.ice.password}x` };
  }

  #read(sdp: string): SdpDescription {
    const parsed = parseSdp(sdp);
    if (!parsed.ok) throw new Error(parsed.reason);
    const { description } = parsed;
    if (!description.iceLite) throw new Error('the SFU is ICE-lite');
    for (const [index, transceiver] of this.transceivers.entries()) {
      const section = description.sections[index];
      if (section?.mid !== transceiver.mid)
        throw new Error(`section ${index} moved: ${transceiver.mid} became ${section?.mid ?? 'nothing'}`);
    }
    const inUse = description.sections.filter((section) => !isRejectedSection(section)).map(({ mid }) => mid);
    if (inUse.length > 1 && inUse.join() !== description.bundle.join()) throw new Error('everything in use is bundled');
    const msids = description.sections.flatMap(({ msids }) => msids.map(({ streamId, trackId }) => `${streamId} ${trackId}`));
    if (new Set(msids).size < msids.length) throw new Error('two sections have the same a=msid');
    this.lastRemote = description;
    return description;
  }

  #applyRemote(description: SdpDescription): void {
    for (const section of description.sections) this.#checkMeanings(section);
    for (const [index, section] of description.sections.entries()) {
      const transceiver = this.transceivers[index] ?? this.#addForRemote(section);
      if (isRejectedSection(section)) transceiver.isStopped = true;
      const isSent = section.direction === 'sendonly' || section.direction === 'sendrecv';
      const receives = section.kind !== 'application' && isSent && canReceive(transceiver);
      if (receives && !transceiver.isReceiving) transceiver.trackEvents++;
      transceiver.isReceiving = receives;
    }
  }

  /** Throws, like Chromium, if one payload type has two meanings in a bundled description. */
  #checkMeanings(section: SdpSection): void {
    for (const { payloadType, name, clockRateHz } of section.codecs) {
      claim(this.#payloadTypeMeaning, payloadType, meaningOf(section.kind, name, clockRateHz));
    }
    for (const { id, uri } of section.extensions) claim(this.#extensionMeaning, id, uri);
  }

  #addForRemote(section: SdpSection): Transceiver {
    if (section.kind === 'other') throw new Error(`the SFU added a section of ${section.media}`);
    const transceiver: Transceiver = {
      kind: section.kind,
      mid: section.mid ?? '',
      direction: section.kind === 'application' ? 'sendrecv' : 'recvonly',
      codecs: this.decodes,
      trackId: '',
      streamId: '-',
      rids: [],
      isStopped: false,
      added: section,
      trackEvents: 0,
      isReceiving: false,
      ssrc: this.#nextSsrc(),
    };
    this.transceivers.push(transceiver);
    return transceiver;
  }

  #describe(setup: 'actpass' | 'active', section: (transceiver: Transceiver, index: number) => SdpSection): SdpDescription {
    const sections = this.transceivers.map(section).map((each) => (each.port === 0 ? each : { ...each, setup }));
    const bundle = sections.filter(({ port }) => port !== 0).map(({ mid }) => mid ?? '');
    const origin = { username: '-', sessionId: '4711', version: String(++this.#version) };
    return { origin, iceLite: false, iceOptions: ['trickle'], bundle, extmapAllowMixed: true, sections };
  }

  #offeredSection(transceiver: Transceiver): SdpSection {
    if (transceiver.kind === 'application') return this.#dataSection(transceiver);
    if (transceiver.added !== undefined) {
      const { codecs, extensions } = transceiver.added;
      return { ...this.#section(transceiver, transceiver.direction, codecs), extensions };
    }
    const names = transceiver.codecs.filter((name) => (transceiver.kind === 'audio') === isAudio(name));
    return this.#section(
      transceiver,
      transceiver.direction,
      this.#freeOfClashes(
        transceiver.kind,
        names.flatMap((name) => withRtx(name)),
      ),
    );
  }

  /** Chooses payload types like Chromium: its own, unless a number already means something else in this connection. */
  #freeOfClashes(kind: string, codecs: readonly SdpCodec[]): readonly SdpCodec[] {
    const renumbered = new Map<number, number>();
    let spare = 127;
    for (const { payloadType, name, clockRateHz } of codecs) {
      const known = this.#payloadTypeMeaning.get(payloadType);
      if (known === undefined || known === meaningOf(kind, name, clockRateHz)) continue;
      while (this.#payloadTypeMeaning.has(spare)) spare--;
      renumbered.set(payloadType, spare--);
    }
    return codecs.map((codec) => {
      const payloadType = renumbered.get(codec.payloadType) ?? codec.payloadType;
      const apt = Number(codec.fmtp.replace('apt=', ''));
      return { ...codec, payloadType, fmtp: codec.name === 'rtx' ? `apt=${renumbered.get(apt) ?? apt}` : codec.fmtp };
    });
  }

  #answeredSection(transceiver: Transceiver, offered: SdpSection | undefined): SdpSection {
    if (offered === undefined || isRejectedSection(offered) || transceiver.isStopped) return this.#section(transceiver, 'inactive', []);
    if (transceiver.kind === 'application') return this.#dataSection(transceiver);
    const codecs = offered.codecs.filter(({ name, fmtp }) => {
      return name === 'rtx'
        ? offered.codecs.some((codec) => fmtp === `apt=${codec.payloadType}` && this.#canDecode(codec))
        : this.#canDecode({ name });
    });
    if (codecs.length === 0) return { ...this.#section(transceiver, 'inactive', offered.codecs), port: 0 };
    const sends = canSend(transceiver) && (offered.direction === 'recvonly' || offered.direction === 'sendrecv');
    const receives = canReceive(transceiver) && (offered.direction === 'sendonly' || offered.direction === 'sendrecv');
    const direction = sends ? (receives ? 'sendrecv' : 'sendonly') : receives ? 'recvonly' : 'inactive';
    return { ...this.#section(transceiver, direction, codecs), extensions: offered.extensions };
  }

  #canDecode({ name }: { readonly name: string }): boolean {
    return this.decodes.includes(name.toLowerCase());
  }

  /** Reserves two SSRCs, the second for retransmissions. A section may replace another, but must not reuse its SSRCs. */
  #nextSsrc(): number {
    return 1000 + 2 * this.#ssrcs++;
  }

  #dataSection(transceiver: Transceiver): SdpSection {
    const section = {
      ...this.#section(transceiver, 'sendrecv', []),
      extensions: [],
      msids: [],
      ssrcs: [],
      rtcpMux: false,
      rtcpRsize: false,
    };
    const data = { ...section, protocol: 'UDP/DTLS/SCTP', formats: ['webrtc-datachannel'], sctp: this.sctp };
    return this.refusesData || transceiver.isStopped ? { ...data, port: 0 } : data;
  }

  #section(transceiver: Transceiver, direction: SdpDirection, codecs: readonly SdpCodec[]): SdpSection {
    const sends = direction === 'sendonly' || direction === 'sendrecv';
    const msid = { streamId: transceiver.streamId, trackId: transceiver.trackId };
    const rtxSsrc = transceiver.ssrc + 1;
    const hasSsrcs = sends && transceiver.rids.length === 0;
    return {
      kind: transceiver.kind,
      media: transceiver.kind,
      port: transceiver.isStopped ? 0 : 9,
      bundleOnly: false,
      protocol: 'UDP/TLS/RTP/SAVPF',
      formats: codecs.length === 0 ? ['0'] : codecs.map(({ payloadType }) => String(payloadType)),
      mid: transceiver.mid,
      direction: transceiver.isStopped ? 'inactive' : direction,
      ice: this.ice,
      fingerprints: [this.fingerprint],
      setup: undefined,
      candidates: [],
      endOfCandidates: false,
      rtcpMux: true,
      rtcpRsize: true,
      codecs,
      extensions: [
        { id: 4, uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', direction: 'sendrecv' },
        { id: 3, uri: 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01', direction: 'sendrecv' },
        transceiver.kind === 'audio'
          ? { id: 1, uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level', direction: 'sendrecv' }
          : { id: 13, uri: 'urn:3gpp:video-orientation', direction: 'sendrecv' },
      ],
      msids: sends ? [msid] : [],
      ssrcs: hasSsrcs ? [transceiver.ssrc, rtxSsrc].map((ssrc) => ({ ssrc, cname: 'client', msid })) : [],
      ssrcGroups: hasSsrcs && transceiver.kind === 'video' ? [{ semantics: 'FID', ssrcs: [transceiver.ssrc, rtxSsrc] }] : [],
      rids: sends ? transceiver.rids.map((id) => ({ id, direction: 'send' as const, restrictions: '' })) : [],
      simulcast: sends && transceiver.rids.length > 0 ? { send: transceiver.rids, recv: [] } : undefined,
      sctp: undefined,
    };
  }
}

function canSend({ direction }: Transceiver): boolean {
  return direction === 'sendonly' || direction === 'sendrecv';
}

function canReceive({ direction }: Transceiver): boolean {
  return direction === 'recvonly' || direction === 'sendrecv';
}

function claim(meanings: Map<number, string>, number: number, meaning: string): void {
  const known = meanings.get(number);
  if (known !== undefined && known !== meaning) throw new Error(`${number} means ${known} and then ${meaning}`);
  meanings.set(number, meaning);
}

function meaningOf(kind: string, name: string, clockRateHz: number): string {
  return `${kind} ${name.toLowerCase()}/${clockRateHz}`;
}
