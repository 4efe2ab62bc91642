/**
 * Which RTP header extensions the SFU takes from publishers and which it passes on. Anything else is left out of its descriptions.
 *
 * @see RFC 8285
 */
import type { MediaKind } from '@causeway/media';
import type { SdpExtension, SdpSection } from '@causeway/wire';

/** `sendonly` and `recvonly` as the client means them; most are `sendrecv`. */
export type HeaderExtension = SdpExtension;

const MID = 'urn:ietf:params:rtp-hdrext:sdes:mid';
const RTP_STREAM_ID = 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id';
const REPAIRED_RTP_STREAM_ID = 'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id';
const AUDIO_LEVEL = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level';
const VIDEO_ORIENTATION = 'urn:3gpp:video-orientation';
const DEPENDENCY_DESCRIPTOR = 'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension';
const PLAYOUT_DELAY = 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay';
const ABSOLUTE_CAPTURE_TIME = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time';
/** Without it Chromium takes canvas and screen captures for full-range video and shows them too bright. */
const COLOR_SPACE = 'http://www.webrtc.org/experiments/rtp-hdrext/color-space';
const VIDEO_CONTENT_TYPE = 'http://www.webrtc.org/experiments/rtp-hdrext/video-content-type';
const ABSOLUTE_SEND_TIME = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time';
const TRANSPORT_WIDE_CC = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';

/** Written again for each subscriber, from the publisher's packet. */
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

/** What the SFU writes into the packets of every subscriber that understands it, whatever the publisher sends. */
const OWN_TO_SUBSCRIBERS = [MID, TRANSPORT_WIDE_CC];
const TO_SUBSCRIBERS: ReadonlySet<string> = new Set([...OWN_TO_SUBSCRIBERS, ...FORWARDED]);

const ONE_BYTE_IDS = range(1, 14);
/** 15 is reserved; ids above 14 need two-byte headers, which need `a=extmap-allow-mixed`. */
const TWO_BYTE_IDS = range(16, 255);

/**
 * Ids for extensions that the client has not numbered yet. Above 14 where it understands them: Chromium numbers its own from 1 up and
 * from 14 down, and after a rollback it does not see that the SFU has taken one of those (its offer then fails on itself).
 */
export function idCandidates(allowsMixed: boolean): readonly number[] {
  return allowsMixed ? [...TWO_BYTE_IDS, ...ONE_BYTE_IDS] : ONE_BYTE_IDS;
}

/** Meaning of an id in the session's table. The kind is part of it: aiortc has other ids for audio than for video. */
export function extensionMeaning(kind: MediaKind, uri: string): string {
  return `${kind} ${uri}`;
}

/** Meanings of all extension ids of some m-sections, for the session's table. */
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

/** What the SFU has a use for, in one direction or the other. */
export function usableExtensions(offered: readonly SdpExtension[]): readonly HeaderExtension[] {
  const seen = new Set<string>();
  return offered.filter(({ uri, direction }) => {
    const isUsable = direction !== 'inactive' && (FROM_PUBLISHERS.has(uri) || TO_SUBSCRIBERS.has(uri)) && !seen.has(uri);
    seen.add(uri);
    return isUsable;
  });
}

/**
 * Bundled m-sections are one RTP session (RFC 9143 §9.1), so an id that means two things is left to the first section that has it. aiortc
 * 1.4 numbers audio and video each from 1 all the same, reads the packets of both by one table, and receives nothing more after a value
 * that does not fit.
 */
export function withOneMeaningPerId(sections: readonly SdpSection[]): readonly SdpSection[] {
  const uriOf = new Map<number, string>();
  const filtered = new Map<readonly SdpExtension[], readonly SdpExtension[]>();
  return sections.map((section) => {
    // What a list lost when it came first it loses in every section.
    const known = filtered.get(section.extensions);
    const extensions = known ?? section.extensions.filter(({ id, uri }) => (uriOf.get(id) ?? uri) === uri);
    if (known === undefined) for (const { id, uri } of extensions) uriOf.set(id, uri);
    filtered.set(section.extensions, extensions);
    return extensions.length === section.extensions.length ? section : { ...section, extensions };
  });
}

/** Send times are only needed where the client has no transport-wide sequence numbers. */
export function publisherExtensions(usable: readonly HeaderExtension[]): readonly HeaderExtension[] {
  const hasTransportWideCc = usesTransportWideCc(usable);
  return usable.filter(({ uri, direction }) => {
    return FROM_PUBLISHERS.has(uri) && direction !== 'recvonly' && !(uri === ABSOLUTE_SEND_TIME && hasTransportWideCc);
  });
}

/** @param sourceUris what the publisher's packets may carry */
export function subscriberExtensions(usable: readonly HeaderExtension[], sourceUris: readonly string[]): readonly HeaderExtension[] {
  const wanted = new Set([...OWN_TO_SUBSCRIBERS, ...sourceUris]);
  return usable.filter((extension) => isForSubscribers(extension) && wanted.has(extension.uri));
}

export function isForSubscribers({ uri, direction }: HeaderExtension): boolean {
  return TO_SUBSCRIBERS.has(uri) && direction !== 'sendonly';
}

/** URIs for a new m-section to a subscriber of such a source. */
export function subscriberUris(sourceUris: readonly string[]): readonly string[] {
  return [...OWN_TO_SUBSCRIBERS, ...forwardedUris(sourceUris)];
}

/** Those of a source's extensions that mean the same to every receiver; MID, RID and transport-wide numbers belong to one hop. */
export function forwardedUris(sourceUris: readonly string[]): readonly string[] {
  return sourceUris.filter((uri) => FORWARDED.includes(uri));
}

/** Whether the client numbers what it sends transport-wide. */
export function usesTransportWideCc(extensions: readonly HeaderExtension[]): boolean {
  return extensions.some((extension) => isTransportWideCc(extension) && extension.direction !== 'recvonly');
}

/** Whether it understands such numbers in what it receives. */
export function takesTransportWideCc(extensions: readonly HeaderExtension[]): boolean {
  return extensions.some((extension) => isTransportWideCc(extension) && extension.direction !== 'sendonly');
}

export function isTransportWideCc({ uri }: Pick<HeaderExtension, 'uri'>): boolean {
  return uri === TRANSPORT_WIDE_CC;
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
