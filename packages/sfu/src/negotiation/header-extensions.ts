/**
 * The RTP header extensions that the SFU accepts from publishers, and those that it forwards. Its descriptions leave
 * out all others.
 *
 * @see RFC 8285
 */
import { type MediaKind, sharedByText } from '@causeway/media';
import type { SdpExtension, SdpSection } from '@causeway/wire';

/** `sendonly` and `recvonly` are from the client's point of view; most are `sendrecv`. */
export type HeaderExtension = SdpExtension;

const MID = 'urn:ietf:params:rtp-hdrext:sdes:mid';
const RTP_STREAM_ID = 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id';
const REPAIRED_RTP_STREAM_ID = 'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id';
const AUDIO_LEVEL = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level';
const VIDEO_ORIENTATION = 'urn:3gpp:video-orientation';
const DEPENDENCY_DESCRIPTOR = 'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension';
const PLAYOUT_DELAY = 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay';
const ABSOLUTE_CAPTURE_TIME = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time';
/** Without it, Chromium treats canvas and screen captures as full-range video and shows them too bright. */
const COLOR_SPACE = 'http://www.webrtc.org/experiments/rtp-hdrext/color-space';
const VIDEO_CONTENT_TYPE = 'http://www.webrtc.org/experiments/rtp-hdrext/video-content-type';
const ABSOLUTE_SEND_TIME = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time';
const TRANSPORT_WIDE_CC = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';

/** Copied from the publisher's packet into each subscriber's. */
const FORWARDED = [
  AUDIO_LEVEL,
  VIDEO_ORIENTATION,
  DEPENDENCY_DESCRIPTOR,
  PLAYOUT_DELAY,
  ABSOLUTE_CAPTURE_TIME,
  COLOR_SPACE,
  VIDEO_CONTENT_TYPE,
];

const FROM_PUBLISHERS: ReadonlySet<string> = new Set([
  MID,
  RTP_STREAM_ID,
  REPAIRED_RTP_STREAM_ID,
  TRANSPORT_WIDE_CC,
  ABSOLUTE_SEND_TIME,
  ...FORWARDED,
]);

/** Written into the packets of every subscriber that supports them, whatever the publisher sends. */
const OWN_TO_SUBSCRIBERS = [MID, TRANSPORT_WIDE_CC];
const TO_SUBSCRIBERS: ReadonlySet<string> = new Set([...OWN_TO_SUBSCRIBERS, ...FORWARDED]);

const sharedExtensions = sharedByText<readonly HeaderExtension[]>();

/** Returns the list that all sessions with equal extensions share. Its strings are copies, as those of `shareCodecs`. */
export function shareExtensions(extensions: readonly HeaderExtension[]): readonly HeaderExtension[] {
  return sharedExtensions(JSON.stringify(extensions), (text) => JSON.parse(text) as readonly HeaderExtension[]);
}

const ONE_BYTE_IDS = range(1, 14);
/** 15 is reserved; ids above 14 need two-byte headers, which need `a=extmap-allow-mixed`. */
const TWO_BYTE_IDS = range(16, 255);

/**
 * Returns the ids for extensions that the client has not numbered yet, best first. Ids above 14 are preferred if the
 * client supports them: Chromium numbers its own from 1 up and from 14 down, and after a rollback it overlooks an id
 * that the SFU has used, so that its own offer then fails.
 */
export function idCandidates(allowsMixed: boolean): readonly number[] {
  return allowsMixed ? [...TWO_BYTE_IDS, ...ONE_BYTE_IDS] : ONE_BYTE_IDS;
}

/** The meaning of an id in the session's table. It includes the kind, because aiortc uses other ids for audio than for video. */
export function extensionMeaning(kind: MediaKind, uri: string): string {
  return `${kind} ${uri}`;
}

/** Returns the meanings of all extension ids in these m-sections, for the session's table. */
export function extensionMeanings(
  sections: readonly { readonly kind: MediaKind; readonly extensions: readonly SdpExtension[] }[],
): readonly (readonly [meaning: string, id: number])[] {
  const seen: Readonly<Record<MediaKind, Set<SdpExtension>>> = { audio: new Set(), video: new Set() };
  for (const { kind, extensions } of sections) for (const extension of extensions) seen[kind].add(extension);
  const meaningsOf = (kind: MediaKind) => [...seen[kind]].map(({ uri, id }) => [extensionMeaning(kind, uri), id] as const);
  return [...meaningsOf('audio'), ...meaningsOf('video')];
}

/** aiortc numbers the extensions of each kind from 1. */
export function isSameKindMeaning(one: string, other: string): boolean {
  return one.split(' ')[0] === other.split(' ')[0];
}

/** Returns the extensions that the SFU uses in either direction. */
export function usableExtensions(offered: readonly SdpExtension[]): readonly HeaderExtension[] {
  const seen = new Set<string>();
  return offered.filter(({ uri, direction }) => {
    const isUsable = direction !== 'inactive' && (FROM_PUBLISHERS.has(uri) || TO_SUBSCRIBERS.has(uri)) && !seen.has(uri);
    seen.add(uri);
    return isUsable;
  });
}

/**
 * Keeps an id with two meanings only for the first section that uses it, because bundled m-sections form one RTP
 * session (RFC 9143 §9.1). aiortc 1.4 numbers audio and video from 1 each, yet reads the packets of both by one table,
 * and receives nothing more after a value that does not fit.
 */
export function withOneMeaningPerId(sections: readonly SdpSection[]): readonly SdpSection[] {
  const uriOf = new Map<number, string>();
  const filtered = new Map<readonly SdpExtension[], readonly SdpExtension[]>();
  return sections.map((section) => {
    // What a list loses on its first occurrence, it loses in every section.
    const known = filtered.get(section.extensions);
    const extensions = known ?? section.extensions.filter(({ id, uri }) => (uriOf.get(id) ?? uri) === uri);
    if (known === undefined) for (const { id, uri } of extensions) uriOf.set(id, uri);
    filtered.set(section.extensions, extensions);
    return extensions.length === section.extensions.length ? section : { ...section, extensions };
  });
}

/** Send times are needed only if the client sends no transport-wide sequence numbers. */
export function publisherExtensions(usable: readonly HeaderExtension[]): readonly HeaderExtension[] {
  const hasTransportWideCc = usesTransportWideCc(usable);
  return usable.filter(({ uri, direction }) => {
    return FROM_PUBLISHERS.has(uri) && direction !== 'recvonly' && !(uri === ABSOLUTE_SEND_TIME && hasTransportWideCc);
  });
}

/** @param sourceUris the extensions that the publisher's packets may carry */
export function subscriberExtensions(usable: readonly HeaderExtension[], sourceUris: readonly string[]): readonly HeaderExtension[] {
  const wanted = new Set([...OWN_TO_SUBSCRIBERS, ...sourceUris]);
  return usable.filter((extension) => isForSubscribers(extension) && wanted.has(extension.uri));
}

/**
 * Returns the extensions of a subscription whose client has listed its extensions again: those that it still lists, and the transport-wide
 * numbers, since a client that has withdrawn other reports may agree to them only now.
 */
export function continuedExtensions(before: readonly HeaderExtension[], listed: readonly HeaderExtension[]): readonly HeaderExtension[] {
  const uris = new Set([...before.map(({ uri }) => uri), TRANSPORT_WIDE_CC]);
  return listed.filter((extension) => uris.has(extension.uri) && isForSubscribers(extension));
}

export function isForSubscribers({ uri, direction }: HeaderExtension): boolean {
  return TO_SUBSCRIBERS.has(uri) && direction !== 'sendonly';
}

/** Returns the URIs for a new m-section to a subscriber of such a source. */
export function subscriberUris(sourceUris: readonly string[]): readonly string[] {
  return [...OWN_TO_SUBSCRIBERS, ...forwardedUris(sourceUris)];
}

/** Returns those extensions of a source that mean the same to every receiver; MID, RID and transport-wide numbers belong to one hop. */
export function forwardedUris(sourceUris: readonly string[]): readonly string[] {
  return sourceUris.filter((uri) => FORWARDED.includes(uri));
}

/** Whether the client's packets carry transport-wide sequence numbers. */
export function usesTransportWideCc(extensions: readonly HeaderExtension[]): boolean {
  return extensions.some((extension) => isTransportWideCc(extension) && extension.direction !== 'recvonly');
}

/** Whether the client understands such numbers in packets that it receives. */
export function takesTransportWideCc(extensions: readonly HeaderExtension[]): boolean {
  return extensions.some((extension) => isTransportWideCc(extension) && extension.direction !== 'sendonly');
}

export function isTransportWideCc({ uri }: Pick<HeaderExtension, 'uri'>): boolean {
  return uri === TRANSPORT_WIDE_CC;
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
