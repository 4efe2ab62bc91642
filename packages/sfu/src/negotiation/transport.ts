/**
 * Derives the transport under all m-sections from a client's description.
 *
 * @see RFC 9143 (BUNDLE), RFC 8842 (DTLS roles and fingerprints), RFC 8445 §9 (ICE restart)
 */
import { SfuError } from '@causeway/protocol';
import { isRejectedSection, type SdpDescription, type SdpFingerprint, type SdpSection } from '@causeway/wire';
import { createIceCredentials, shardNoOf } from './ice-credentials.ts';
import type { Negotiation, PeerTransportState, RandomSource } from './state.ts';

/** Hashes that identify a certificate reliably. SHA-1 is not among them, since collisions can be constructed. */
const TRUSTED_HASHES: ReadonlySet<string> = new Set(['sha-256', 'sha-384', 'sha-512']);

/**
 * Reads the client's credentials from an offer or answer. Changed credentials in an offer restart ICE with new
 * credentials of the SFU.
 *
 * @throws invalid_session_description – credentials or fingerprint are missing, or the certificate has changed
 */
export function negotiateTransport(
  state: Negotiation,
  description: SdpDescription,
  type: 'offer' | 'answer',
  random: RandomSource,
): Negotiation {
  const section = transportSection(description);
  if (section === undefined) return state;
  const seen = readTransport(section, type);
  const known = state.transport;
  if (known === undefined) return withNewTransport(state, seen);
  checkSameCertificate(known, seen);
  // The SFU changes its credentials only if the client does; Firefox refuses the answer otherwise.
  const isRestart = type === 'offer' && !isSameCredentials(known, seen);
  const restarted = isRestart ? { ...state, ice: createIceCredentials(shardNoOf(state.ice.ufrag) ?? 0, random) } : state;
  const isReplaced = isRejected(known.tag, description) || (type === 'offer' && !isInUse(seen.tag, state));
  if (isReplaced) return withNewTransport(restarted, seen);
  return isRestart ? { ...restarted, transport: { ...known, remote: seen.remote } } : state;
}

/**
 * Whether the m-section that represents the transport was rejected. Chromium and Firefox then drop the transport and
 * create a new one, with its own DTLS association, for the remaining m-sections. They do the same when a new m-section
 * becomes the representative, for example one that replaces a rejected one before it; Chromium then chooses new
 * credentials, Firefox does not.
 */
function isRejected(tag: string, description: SdpDescription): boolean {
  const section = description.sections.find(({ mid }) => mid === tag);
  return section === undefined || isRejectedSection(section);
}

function isInUse(mid: string, { sections }: Negotiation): boolean {
  return sections.some((section) => section.mid === mid && section.type !== 'rejected');
}

function withNewTransport(state: Negotiation, seen: SeenTransport): Negotiation {
  const { transports } = state.named;
  const id = transports === 0 ? state.sessionId : `${state.sessionId}/t${transports}`;
  return { ...state, transport: { id, ...seen }, named: { ...state.named, transports: transports + 1 } };
}

type SeenTransport = Omit<PeerTransportState, 'id'>;

/** Returns the section whose transport attributes apply to all: the first of the BUNDLE group that is in use. */
export function transportSection(description: SdpDescription): SdpSection | undefined {
  const inUse = description.sections.filter((section) => !isRejectedSection(section));
  const byMid = new Map(inUse.map((section) => [section.mid, section]));
  const tag = description.bundle.find((mid) => byMid.has(mid));
  return tag === undefined ? inUse[0] : byMid.get(tag);
}

function readTransport(section: SdpSection, type: 'offer' | 'answer'): SeenTransport {
  const mid = section.mid ?? '';
  if (section.ice === undefined) throw invalid(`m-section ${mid} has no a=ice-ufrag or no a=ice-pwd`);
  const remoteFingerprints = trustedFingerprints(section.fingerprints);
  if (remoteFingerprints.length === 0) throw invalid(`m-section ${mid} has no a=fingerprint with sha-256, sha-384 or sha-512`);
  return { ...detached({ tag: mid, remote: section.ice, remoteFingerprints }), dtlsRole: localDtlsRole(section, type) };
}

/** Copies plain data. A string that was read from a description is a part of it, and keeps all of it in memory. */
export function detached<Data>(data: Data): Data {
  return JSON.parse(JSON.stringify(data)) as Data;
}

/** The SFU waits for the ClientHello, unless the client waits for it as well. */
function localDtlsRole(section: SdpSection, type: 'offer' | 'answer'): 'server' | 'client' {
  if (type === 'answer' && section.setup === 'actpass')
    throw invalid(`m-section ${section.mid ?? ''} answers a=setup:actpass; expected active`);
  return section.setup === 'passive' ? 'client' : 'server';
}

function trustedFingerprints(fingerprints: readonly SdpFingerprint[]): readonly SdpFingerprint[] {
  return fingerprints.filter(({ algorithm }) => TRUSTED_HASHES.has(algorithm));
}

/** A new certificate would require a new DTLS association and new keys for every subscription, which amounts to a new session. */
function checkSameCertificate(known: PeerTransportState, seen: SeenTransport): void {
  const isKnown = seen.remoteFingerprints.some(({ algorithm, value }) =>
    known.remoteFingerprints.some((fingerprint) => fingerprint.algorithm === algorithm && fingerprint.value === value),
  );
  if (!isKnown) throw invalid('the certificate fingerprint changed within the session; create a new session for a new RTCPeerConnection');
}

function isSameCredentials(known: PeerTransportState, seen: SeenTransport): boolean {
  return known.remote.ufrag === seen.remote.ufrag && known.remote.password === seen.remote.password;
}

function invalid(problem: string): SfuError {
  return new SfuError('invalid_session_description', problem);
}
