/**
 * Checks what must hold on the wire in any case: nothing is readable, no SSRC reaches the wrong peer, and no packet index of a key occurs
 * twice. It needs no keys, because the clients mark their payloads and know what they were told, and RTP headers and SRTCP indices are not
 * encrypted.
 *
 * @see RFC 3711 §3.1 (SRTP), §3.4 (SRTCP), §9.1 (what a repeated index gives away)
 */
import { hash } from 'node:crypto';
import { PLAINTEXT_MARK } from '@causeway/loadtest';
import { peekRtpSeq, peekRtpSsrc, rtpHeaderLength, SequenceUnwrapper } from '@causeway/wire';
import { looksEncrypted } from './looks-encrypted.ts';
import type { UdpDatagram } from './udp-reader.ts';

/** One client, which has keys of its own. */
export interface ToldPeer {
  /** Where it receives, or has received, as `socketName` writes it. */
  readonly sockets: readonly string[];
  /** The SSRCs that the SFU has announced to this client. */
  readonly ssrcs: readonly number[];
}

export interface WireVerdict {
  readonly rtpPackets: number;
  readonly rtcpPackets: number;
  /** Datagrams with a readable payload, or with one that no cipher would produce. */
  readonly readable: number;
  /** RTP packets of a stream that was not announced to the peer at their destination. */
  readonly misdirected: number;
  /** Packets under an index that another packet of the same key and SSRC had used before. */
  readonly reused: number;
  /** Packets that came a second time, identical in every byte. */
  readonly repeated: number;
}

const MIN_RTP_BYTES = 12;
const RTCP_SSRC_AT = 4;
const HMAC_TAG_BYTES = 10;
const RTCP_TRAILER_BYTES = 4 + HMAC_TAG_BYTES;
const MIN_RTCP_BYTES = 8 + RTCP_TRAILER_BYTES;
/** The highest bit says that the packet is encrypted. */
const RTCP_INDEX_MASK = 0x7fff_ffff;

interface Stream {
  readonly unwrapper: SequenceUnwrapper;
  /** What was sent under each packet index. */
  readonly sent: Map<number, string>;
}

export class WireJudge {
  readonly #peers = new Map<string, { readonly name: string; readonly ssrcs: ReadonlySet<number> }>();
  readonly #streams = new Map<string, Stream>();
  readonly #found = { rtpPackets: 0, rtcpPackets: 0, readable: 0, misdirected: 0, reused: 0, repeated: 0 };

  constructor(peers: readonly ToldPeer[]) {
    for (const [index, { sockets, ssrcs }] of peers.entries())
      for (const socket of sockets) this.#peers.set(socket, { name: `peer ${index}`, ssrcs: new Set(ssrcs) });
  }

  /** @param datagram any datagram that the SFU has sent */
  add({ destination, payload }: UdpDatagram): void {
    const kind = kindOf(payload);
    const isReadable = payload.indexOf(PLAINTEXT_MARK) >= 0 || (kind === 'rtp' && !looksEncrypted(payloadOf(payload)));
    if (isReadable) this.#found.readable++;
    const peer = this.#peers.get(destination);
    if (kind === 'rtp') this.#addRtp(payload, peer);
    else if (kind === 'rtcp') this.#addRtcp(payload, peer?.name ?? destination);
  }

  verdict(): WireVerdict {
    return { ...this.#found };
  }

  #addRtp(packet: Buffer, peer: { readonly name: string; readonly ssrcs: ReadonlySet<number> } | undefined): void {
    this.#found.rtpPackets++;
    const ssrc = peekRtpSsrc(packet);
    if (peer === undefined || !peer.ssrcs.has(ssrc)) {
      this.#found.misdirected++;
      return;
    }
    const stream = this.#streamOf(`${peer.name} rtp ${ssrc}`);
    this.#note(stream, stream.unwrapper.unwrap(peekRtpSeq(packet)), packet);
  }

  #addRtcp(packet: Buffer, peer: string): void {
    this.#found.rtcpPackets++;
    const ssrc = packet.readUInt32BE(RTCP_SSRC_AT);
    const index = packet.readUInt32BE(packet.length - RTCP_TRAILER_BYTES) & RTCP_INDEX_MASK;
    this.#note(this.#streamOf(`${peer} rtcp ${ssrc}`), index, packet);
  }

  #note({ sent }: Stream, index: number, packet: Buffer): void {
    const digest = hash('sha1', packet, 'base64');
    const before = sent.get(index);
    if (before === undefined) sent.set(index, digest);
    else if (before === digest) this.#found.repeated++;
    else this.#found.reused++;
  }

  #streamOf(name: string): Stream {
    const stream = this.#streams.get(name) ?? { unwrapper: new SequenceUnwrapper(), sent: new Map<number, string>() };
    this.#streams.set(name, stream);
    return stream;
  }
}

/** Returns the encrypted part of an SRTP packet; empty if the header is invalid. */
function payloadOf(packet: Buffer): Buffer {
  const headerLength = rtpHeaderLength(packet, packet.length);
  if (headerLength < 0) return packet.subarray(0, 0);
  return packet.subarray(headerLength, Math.max(headerLength, packet.length - HMAC_TAG_BYTES));
}

/** @see RFC 7983 §7, RFC 5761 §4 */
function kindOf(payload: Buffer): 'rtp' | 'rtcp' | 'other' {
  const [first = 0, second = 0] = payload;
  if (first < 128 || first > 191) return 'other';
  if (second >= 192 && second <= 223) return payload.length >= MIN_RTCP_BYTES ? 'rtcp' : 'other';
  return payload.length >= MIN_RTP_BYTES ? 'rtp' : 'other';
}
