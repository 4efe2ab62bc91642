/**
 * Turns facts about a session into findings. A problem with the path to the client hides everything behind it, so
 * tracks are then not examined.
 */
import type { TransportSnapshot } from '@causeway/media';
import type { DiagnosisCode, DiagnosisFinding } from '@causeway/protocol';
import type { SessionCloseReason } from '../../events.ts';
import type { QuotaState } from '../../overload/app-shares.ts';
import type { PublicationFacts, SessionFacts, SubscriptionFacts } from './session-facts.ts';

/** Even a healthy client may take this long on a slow network. */
const PATIENCE_MS = 2_000;
/** After this time, the connection state becomes `disconnected`. */
const CLIENT_SILENT_MS = 5_000;
/** Opus sends a packet every 400 ms in silence, and a slow screen share one every second. */
const TRACK_SILENT_MS = 2_000;
/** Receivers report about once a second, and a hundred packets of audio take two seconds. */
const UNREPORTED_PACKETS = 100;

const CLOSED: Readonly<Record<SessionCloseReason, string>> = {
  requested: 'The session was closed by a call of the API.',
  token_revoked: 'The session was closed because its token was revoked.',
  setup_timeout:
    'The session was closed because its client had not connected 30 seconds after it was created: the SDP was never exchanged, or UDP is blocked.',
  connection_lost: 'The session was closed because nothing arrived from its client for 35 seconds: the tab or the network is gone.',
  peer_closed: 'The client closed its peer connection.',
  handshake_failed:
    'The DTLS handshake failed: the certificate of the client is not the one whose fingerprint is in its SDP, or an SDP was altered on its way.',
  draining: 'The session was closed because its node was shut down.',
  internal_error: 'The session was closed because of a defect of the SFU; see the log of its node.',
};

export function closedFinding(reason: SessionCloseReason): DiagnosisFinding {
  return {
    code: 'session_closed',
    severity: reason === 'requested' || reason === 'peer_closed' ? 'notice' : 'problem',
    summary: CLOSED[reason],
  };
}

/** @returns the findings, most likely cause first */
export function findingsOf(facts: SessionFacts): readonly DiagnosisFinding[] {
  const { isHosted, offerWaitsMs, transport } = facts;
  if (isHosted) return [];
  const unanswered = offerWaitsMs !== undefined && offerWaitsMs >= PATIENCE_MS ? [answerMissing(offerWaitsMs)] : [];
  if (transport === undefined) return offerWaitsMs === undefined ? [nothingNegotiated()] : unanswered;
  const broken = brokenTransport(transport);
  if (broken !== undefined) return [...unanswered, broken];
  if (!transport.isSecure) return unanswered;
  return [
    ...unanswered,
    ...facts.failed.map(({ mid, errorDescription = '' }) =>
      problem('subscription_failed', `The subscription has ended: ${errorDescription}.`, mid),
    ),
    ...facts.publications.flatMap((publication) => publicationFinding(publication, transport) ?? []),
    ...facts.subscriptions.flatMap((subscription) => subscriptionFinding(subscription, transport, facts.quota) ?? []),
  ];
}

function nothingNegotiated(): DiagnosisFinding {
  return notice('nothing_negotiated', 'No media line has been negotiated yet, so there is nothing to connect for: publish, or subscribe.');
}

function answerMissing(waitsMs: number): DiagnosisFinding {
  return problem(
    'answer_missing',
    `The SFU's offer has waited ${seconds(waitsMs)} for its answer: apply it with setRemoteDescription and send the answer to PUT /renegotiate. It is withdrawn after 10 s.`,
  );
}

function brokenTransport({ openMs, silentMs, path, isSecure }: TransportSnapshot): DiagnosisFinding | undefined {
  if (isSecure) {
    if (silentMs < CLIENT_SILENT_MS) return undefined;
    return problem(
      'client_silent',
      `Nothing has arrived from the client for ${seconds(silentMs)}: its tab or its network is gone or asleep.`,
    );
  }
  if (openMs < PATIENCE_MS) return undefined;
  if (path === 'none') {
    return problem(
      'udp_blocked',
      `No connectivity check of the client has arrived in ${seconds(openMs)}: UDP to this node is blocked, the announced address cannot be reached, or the client has not applied the SFU's description.`,
    );
  }
  if (path === 'unproven') {
    return problem(
      'path_unproven',
      "The client's checks arrive, but it answers none of the SFU's: packets from this node are lost on their way, for example at a firewall.",
    );
  }
  return problem(
    'handshake_incomplete',
    `The client can be reached, but has not completed the DTLS handshake in ${seconds(openMs)}: the fingerprint in the SFU's description may have been altered.`,
  );
}

function publicationFinding({ mid, trackId, kind, seen }: PublicationFacts, { openMs }: TransportSnapshot): DiagnosisFinding | undefined {
  if (seen === undefined || openMs < PATIENCE_MS) return undefined;
  if (seen.silentMs === undefined) {
    return notice(
      'publisher_silent',
      `The client has sent nothing of track ${trackId} (${kind}): its sender has no track, or is not active.`,
      mid,
    );
  }
  if (seen.silentMs < TRACK_SILENT_MS) return undefined;
  return notice(
    'publisher_silent',
    `The client has sent nothing of track ${trackId} (${kind}) for ${seconds(seen.silentMs)}: it is stopped or muted.`,
    mid,
  );
}

function subscriptionFinding(facts: SubscriptionFacts, transport: TransportSnapshot, quota: QuotaState): DiagnosisFinding | undefined {
  const { mid, remoteSessionId, remoteTrackId, publisher, seen } = facts;
  if (facts.isPaused) return notice('subscription_paused', 'The subscription is paused; PUT /track/update resumes it.', mid);
  if (publisher === undefined) return problem('source_closed', `The publisher's session ${remoteSessionId} has ended.`, mid);
  if (publisher.connectionState !== 'connected') {
    return problem(
      'source_disconnected',
      `The publisher's session ${remoteSessionId} is ${publisher.connectionState}: diagnose that one.`,
      mid,
    );
  }
  if (seen === undefined || transport.openMs < PATIENCE_MS) return undefined;
  if (quota === 'paused') {
    const summary =
      'The app has used its quota for this month, so nothing is sent. Sending resumes when the quota is raised, or next month.';
    return problem('quota_used_up', summary, mid);
  }
  if (seen.isPaused) return problem('egress_limited', 'The app has reached its egress limit, so this track is held.', mid);
  return sourceFinding(facts) ?? deliveryFinding(facts, transport, `track ${remoteTrackId} of session ${remoteSessionId}`);
}

/** Checks that packets arrive which could be forwarded. */
function sourceFinding(facts: SubscriptionFacts): DiagnosisFinding | undefined {
  const { mid, remoteSessionId, remoteTrackId, publisher, isPublished, seen } = facts;
  const source = seen?.source;
  // A track of another node is taken away soon after its link is lost.
  if (source === undefined && isPublished && publisher?.isOnThisNode === false) {
    const summary = `No link carries track ${remoteTrackId} from its publisher's node to this one: look at the track's path.`;
    return problem('relay_silent', summary, mid);
  }
  if (source === undefined)
    return problem('source_closed', `Track ${remoteTrackId} of session ${remoteSessionId} is no longer published.`, mid);
  if (source.silentMs === undefined || source.silentMs >= TRACK_SILENT_MS) {
    const lasting = source.silentMs === undefined ? 'yet' : `for ${seconds(source.silentMs)}`;
    return publisher?.isOnThisNode === false
      ? problem(
          'relay_silent',
          `No packets of track ${remoteTrackId} have arrived from its publisher's node ${lasting}: diagnose session ${remoteSessionId}, then look at the track's path.`,
          mid,
        )
      : problem(
          'source_silent',
          `The publisher has sent nothing of track ${remoteTrackId} ${lasting}: diagnose session ${remoteSessionId}.`,
          mid,
        );
  }
  if (source.hasCommonCodec) return undefined;
  return problem('codec_mismatch', `The client supports none of the codecs in which track ${remoteTrackId} is sent.`, mid);
}

/** Checks that arriving packets are sent and delivered. */
function deliveryFinding(
  { mid, kind, seen }: SubscriptionFacts,
  { estimate }: TransportSnapshot,
  track: string,
): DiagnosisFinding | undefined {
  if (seen === undefined) return undefined;
  if (kind === 'video' && seen.quality === 'paused') {
    const carried = estimate === undefined ? 'too little' : `about ${kilobits(estimate.targetBps)}`;
    const needed = seen.leastBps === undefined ? '' : `; the lowest layer of ${track} needs ${kilobits(seen.leastBps)}`;
    return problem('bandwidth_short', `The network of the client carries ${carried}${needed}. The video resumes by itself.`, mid);
  }
  const awaitedMs = Math.max(0, ...(seen.source?.layers.map(({ keyframeAwaitedMs = 0 }) => keyframeAwaitedMs) ?? []));
  if (seen.awaitsKeyframe && awaitedMs >= PATIENCE_MS) {
    return problem(
      'keyframe_missing',
      `The publisher of ${track} has been asked for a keyframe for ${seconds(awaitedMs)}, and has sent none.`,
      mid,
    );
  }
  if (seen.packetsSent < UNREPORTED_PACKETS || seen.packetsLost !== undefined) return undefined;
  return problem(
    'receiver_silent',
    `${seen.packetsSent} packets of ${track} have been sent, but the client has reported none of them.`,
    mid,
  );
}

function problem(code: DiagnosisCode, summary: string, mid?: string): DiagnosisFinding {
  return { code, severity: 'problem', summary, ...(mid === undefined ? {} : { mid }) };
}

function notice(code: DiagnosisCode, summary: string, mid?: string): DiagnosisFinding {
  return { ...problem(code, summary, mid), severity: 'notice' };
}

function seconds(durationMs: number): string {
  return `${Math.round(durationMs / 100) / 10} s`;
}

function kilobits(bitrateBps: number): string {
  return `${Math.round(bitrateBps / 1000)} kbit/s`;
}
