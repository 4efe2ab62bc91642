/** The parameters offered in INIT and INIT ACK, and those that both ends agree on. */
import { SctpChunkType, type SctpInit } from '@causeway/wire';
import { WINDOW_BYTES } from './chunk-receiver.ts';
import type { StateCookie } from './state-cookie.ts';

/** The chunk types of RFC 6525, RFC 3758 and RFC 8260. */
const EXTENSIONS = [SctpChunkType.reconfig, SctpChunkType.forwardTsn, SctpChunkType.iData, SctpChunkType.iForwardTsn];

/** The tag and initial TSN of our end of an association. */
export interface LocalBeginning {
  readonly tag: number;
  readonly initialTsn: number;
}

/** The variable part of our offer. */
export interface LocalOffer extends LocalBeginning {
  /** Number of streams in each direction. */
  readonly maxStreams: number;
}

export function createOffer({ tag, initialTsn, maxStreams }: LocalOffer, cookie: Uint8Array | undefined): SctpInit {
  return {
    initiateTag: tag,
    windowBytes: WINDOW_BYTES,
    outboundStreams: maxStreams,
    inboundStreams: maxStreams,
    initialTsn,
    supportsForwardTsn: true,
    acceptsZeroChecksum: true,
    extensions: EXTENSIONS,
    cookie,
  };
}

/** @returns false for an offer that cannot lead to an association (RFC 9260 §3.3.2) */
export function isAcceptable({ initiateTag, inboundStreams, outboundStreams }: SctpInit): boolean {
  return initiateTag !== 0 && inboundStreams > 0 && outboundStreams > 0;
}

/** Combines the peer's offer with ours. */
export function agreeOn(peer: SctpInit, local: LocalOffer, tieTags: Pick<StateCookie, 'localTieTag' | 'peerTieTag'>): StateCookie {
  return {
    ...tieTags,
    localTag: local.tag,
    peerTag: peer.initiateTag,
    localInitialTsn: local.initialTsn,
    peerInitialTsn: peer.initialTsn,
    peerWindowBytes: peer.windowBytes,
    outboundStreams: Math.min(local.maxStreams, peer.inboundStreams),
    canAbandon: peer.supportsForwardTsn || peer.extensions.includes(SctpChunkType.forwardTsn),
    isInterleaved: peer.extensions.includes(SctpChunkType.iData),
    sendsChecksum: !peer.acceptsZeroChecksum,
  };
}

/**
 * Classifies a valid cookie, given the tags of the present association; a tag is 0 if there is none.
 *
 * @see RFC 9260 §5.2.4
 */
export function judgeCookie(cookie: StateCookie, localTag: number, peerTag: number): 'restart' | 'establish' | 'repeat' | 'stale' {
  const isOurs = cookie.localTag === localTag;
  if (isOurs) return cookie.peerTag === peerTag ? 'repeat' : 'establish';
  const knowsUs = cookie.localTieTag === localTag && cookie.peerTieTag === peerTag && peerTag !== 0;
  return knowsUs && cookie.peerTag !== peerTag ? 'restart' : 'stale';
}
