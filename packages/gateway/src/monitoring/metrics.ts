import { FIRST_FRAME_BOUNDS_MS, FORWARD_LATENCY_BOUNDS_MS, JOIN_BOUNDS_MS, TIMER_DELAY_BOUNDS_MS } from '@causeway/sfu';
import { byName, countBy, counter, eventLoopDelays, gauge, histogram, type Metric, ofNode, one, optional } from './metric.ts';

/**
 * Everything that `/metrics` reports. No metric has a label for an app, a session or a track, whose number is
 * unbounded. This is the only place that defines names and meanings; `docs/metrics.md` is checked against it.
 */
export const METRICS: readonly Metric[] = [
  gauge('causeway_sessions', 'Sessions that are open, by the state of their connection.', ['state'], ({ sfu }) =>
    byName(sfu.sessionsByState),
  ),
  gauge('causeway_publications', 'Tracks that are published, sent or not.', [], ({ sfu }) => one(sfu.objects.sessions.publications)),
  gauge('causeway_subscriptions', 'Tracks that are subscribed to, each subscriber counted.', [], ({ sfu }) =>
    one(sfu.objects.sessions.subscriptions),
  ),
  gauge('causeway_data_publications', 'Data channels that are published.', [], ({ sfu }) => one(sfu.objects.sessions.openDataChannels)),
  gauge('causeway_data_subscriptions', 'Data channels that are subscribed to, each subscriber counted.', [], ({ sfu }) =>
    one(sfu.objects.sessions.dataSubscriptions),
  ),
  counter(
    'causeway_data_troubles_total',
    'Data channels that could not be published or subscribed to (`failed`), subscribers that were too slow (`overflow`), and messages that were too long for one (`oversized`).',
    ['kind'],
    ({ sfu }) => byName({ ...sfu.dataTroubles }),
  ),
  counter('causeway_sessions_created_total', 'Sessions that were created.', [], ({ sfu }) => one(sfu.sessionsCreated)),
  counter('causeway_sessions_closed_total', 'Sessions that have ended, by reason.', ['reason'], ({ sfu }) => byName(sfu.sessionsClosed)),
  counter(
    'causeway_sessions_refused_total',
    'Sessions that were refused with `no_capacity`, by what was exhausted.',
    ['reason'],
    ({ sfu }) => byName(sfu.entrance.sessionsRefused),
  ),
  counter(
    'causeway_app_refusals_total',
    'Calls that were refused because their app has as much as it may have on this node, by what.',
    ['bound'],
    ({ sfu }) => byName(sfu.apps.refused),
  ),
  gauge(
    'causeway_subscriptions_held',
    'Subscriptions that are sent nothing because the sessions of their app are sent as much as they may be.',
    [],
    ({ sfu }) => one(sfu.apps.heldSubscriptions),
  ),
  gauge('causeway_joins_waiting', 'Clients whose session is about to be created, in turn.', [], ({ sfu }) =>
    one(sfu.entrance.joinsWaiting),
  ),
  gauge('causeway_descriptions_waiting_characters', 'Length of the session descriptions that wait to be read, in pieces.', [], ({ sfu }) =>
    one(sfu.waitingDescriptionCharacters),
  ),
  gauge('causeway_full', '1 while new sessions are refused.', [], ({ sfu }) => one(sfu.entrance.obstacle === undefined ? 0 : 1)),
  counter('causeway_handshakes_completed_total', 'DTLS handshakes that clients have finished.', [], ({ sfu }) =>
    one(sfu.traffic.handshakesCompleted),
  ),
  histogram(
    'causeway_join_seconds',
    'How long clients took from the creation of their session until they were connected.',
    JOIN_BOUNDS_MS,
    ({ sfu }) => sfu.joins,
  ),
  histogram(
    'causeway_first_frame_seconds',
    'How long viewers waited for a picture: from when their subscription could be sent to until the first packet of a keyframe was. Waiting for a publisher who sends nothing yet is included, a pause is not.',
    FIRST_FRAME_BOUNDS_MS,
    ({ sfu }) => sfu.latencies.firstFrame,
  ),
  histogram(
    'causeway_forward_latency_seconds',
    'How long RTP packets took through the node, from when the first datagram of their flush was read until the system took them; without the time that they wait for room on a narrow path.',
    FORWARD_LATENCY_BOUNDS_MS,
    ({ sfu }) => sfu.latencies.forward,
  ),
  gauge('causeway_handshakes_open', 'DTLS associations whose handshake is not finished.', [], ({ sfu }) =>
    one(sfu.objects.secure.handshakes),
  ),
  counter('causeway_rtp_received_packets_total', 'Authentic RTP packets from publishers, retransmissions included.', [], ({ sfu }) =>
    one(sfu.traffic.rtpPacketsReceived),
  ),
  counter('causeway_rtp_received_bytes_total', 'Bytes of these packets, with SRTP, without UDP and IP.', [], ({ sfu }) =>
    one(sfu.traffic.rtpBytesReceived),
  ),
  counter(
    'causeway_rtp_sent_packets_total',
    'RTP packets sent to subscribers, retransmissions included; not what a full uplink did not take.',
    [],
    ({ sfu }) => one(sfu.traffic.rtpPacketsSent),
  ),
  counter('causeway_rtp_sent_bytes_total', 'Bytes of these packets, with SRTP, without UDP and IP.', [], ({ sfu }) =>
    one(sfu.traffic.rtpBytesSent),
  ),
  counter('causeway_queued_packets_total', 'RTP packets that waited for room on the path of their subscriber.', [], ({ sfu }) =>
    one(sfu.traffic.packetsQueued),
  ),
  counter(
    'causeway_probe_packets_total',
    'Of the RTP packets for subscribers, those that only measured what a path carries. They are not billed.',
    [],
    ({ sfu }) => one(sfu.traffic.probePacketsSent),
  ),
  counter('causeway_probe_bytes_total', 'Bytes of these packets, without SRTP, UDP and IP.', [], ({ sfu }) =>
    one(sfu.traffic.probeBytesSent),
  ),
  counter(
    'causeway_path_packets_total',
    'RTP packets that clients and other nodes reported on, by whether the path delivered or lost them.',
    ['outcome'],
    ({ sfu }) => byName({ delivered: sfu.traffic.pathPacketsReceived, lost: sfu.traffic.pathPacketsLost }),
  ),
  gauge('causeway_estimated_paths', 'Clients and other nodes whose paths are estimated, from what they report.', [], ({ sfu }) =>
    one(sfu.estimates.peers),
  ),
  gauge('causeway_congested_paths', 'Of these, those on whose path a queue was growing at the last report.', [], ({ sfu }) =>
    one(sfu.estimates.congestedPeers),
  ),
  gauge(
    'causeway_path_bits_per_second',
    'Of all these paths together: what they are estimated to carry (`estimated`), and what arrives (`delivered`).',
    ['rate'],
    ({ sfu }) => byName({ estimated: sfu.estimates.targetBps, delivered: sfu.estimates.acknowledgedBps }),
  ),
  counter('causeway_packets_dropped_total', 'Packets that went no further, by reason.', ['reason'], ({ sfu }) => byName(sfu.drops)),
  gauge('causeway_send_queue_bytes', 'Bytes that wait because the system takes no more of them yet.', [], ({ sfu }) =>
    one(sfu.objects.udp.queuedBytes),
  ),
  counter('causeway_sends_refused_total', 'Datagrams that the system refused to send, by reason.', ['reason'], ({ sfu }) =>
    byName(sfu.sends.refused),
  ),
  counter(
    'causeway_sends_dropped_total',
    'Datagrams that were thrown away because the uplink was full, by what they carried.',
    ['kind'],
    ({ sfu }) => byName(sfu.sends.dropped),
  ),
  counter(
    'causeway_receive_overflows_total',
    'Datagrams that came to a full receive buffer, so that the system threw them away: raise net.core.rmem_max. One worker on Linux only.',
    [],
    ({ sfu }) => one(sfu.receives.overflows),
  ),
  counter(
    'causeway_secure_discarded_total',
    'Records, packets and messages that DTLS, SRTP and SCTP threw away, by cause.',
    ['protocol', 'cause'],
    ({ sfu }) => Object.entries(sfu.discards).flatMap(([protocol, causes]) => byName({ ...causes }, [protocol])),
  ),
  gauge('causeway_packet_history_bytes', 'Packets that are kept in case a subscriber asks for them again.', [], ({ sfu }) =>
    one(sfu.objects.engine.historyBytes),
  ),
  gauge('causeway_udp_sockets', 'Sockets of their own that connected clients have.', [], ({ sfu }) =>
    one(sfu.objects.udp.connectedSockets),
  ),
  gauge(
    'causeway_event_loop_delay_seconds',
    'By how much timers were late during the last second: half of them at most, all but one in a hundred, at worst.',
    ['quantile'],
    ({ sfu }) => eventLoopDelays(sfu.entrance.load?.eventLoopDelayMs),
  ),
  histogram(
    'causeway_event_loop_lateness_seconds',
    'By how much timers were late, of which each thread measures ten a second, or two while it is idle.',
    TIMER_DELAY_BOUNDS_MS,
    ({ sfu }) => sfu.entrance.timerDelays,
  ),
  gauge('causeway_event_loop_utilization', 'Share of the last second that the event loop was busy.', [], ({ sfu }) =>
    optional(sfu.entrance.load?.utilization),
  ),
  gauge('causeway_memory_share', 'Share of the memory it may have that the process uses.', [], ({ sfu }) =>
    optional(sfu.entrance.load?.memoryShare),
  ),
  gauge('causeway_uplink_loss_ratio', 'Share of the datagrams of the last second that a full uplink did not take.', [], ({ sfu }) =>
    optional(sfu.entrance.load?.uplinkLossRatio),
  ),
  counter(
    'causeway_http_replies_total',
    'HTTP requests that were answered, by status and, for errors of the API, by error code.',
    ['status', 'error_code'],
    ({ replies }) => replies.map(({ status, errorCode, count }) => ({ labels: [status, errorCode], value: count })),
  ),
  gauge('causeway_http_connections', 'TCP connections to the public HTTP port.', [], ({ http }) => one(http.connections)),
  counter(
    'causeway_clients_refused_total',
    'Connections that were closed and calls that were refused because of the limits for one client address.',
    ['limit'],
    ({ clientsRefused }) => byName({ ...clientsRefused }),
  ),
  counter(
    'causeway_idempotent_replies_forgotten_total',
    'Replies to calls with an `Idempotency-Key` that were forgotten before their time for want of room.',
    [],
    ({ idempotentRepliesForgottenEarly }) => one(idempotentRepliesForgottenEarly),
  ),
  gauge('causeway_event_streams', 'Clients that listen to events.', [], ({ events }) => one(events.streams)),
  gauge(
    'causeway_events_outstanding',
    'Events of this node that are not known to be in the log of their app, in Redis.',
    [],
    ({ events }) => one(events.outstanding),
  ),
  counter(
    'causeway_usage_bytes_total',
    'Bytes that apps used on this node; `down` and `data` are what is billed.',
    ['metric'],
    ({ usage }) => byName({ ...usage.bytes }),
  ),
  counter(
    'causeway_metered_packets_total',
    'RTP packets sent to subscribers and other nodes, as they are counted for the bill: each once (`counted`), and how often again (`repeated`). Together with the probes, as many left on the wire.',
    ['kind'],
    ({ sfu: { metering } }) => byName({ counted: metering.countedPackets, repeated: metering.repeatedPackets }),
  ),
  counter(
    'causeway_metered_bytes_total',
    'RTP bytes to subscribers and other nodes that apps are charged for, repetitions included; fewer than left on the wire.',
    [],
    ({ sfu }) => one(sfu.metering.chargedBytes),
  ),
  gauge(
    'causeway_metered_subscriptions',
    'Subscriptions, those that have ended included, of which 10,000 packets were sent and reported: whether receivers report what was counted.',
    ['verdict'],
    ({ sfu: { metering } }) =>
      byName({ agrees: metering.judgedSubscriptions - metering.deviatingSubscriptions, deviates: metering.deviatingSubscriptions }),
  ),
  gauge('causeway_usage_batches_outstanding', 'Batches of usage that wait to be counted in Redis.', [], ({ usage }) =>
    one(usage.batchesOutstanding),
  ),
  gauge('causeway_webhook_apps', 'Apps whose webhooks this node sends.', [], ({ webhooks }) => optional(webhooks?.apps)),
  gauge('causeway_webhook_attempts_under_way', 'Webhooks that are being sent.', [], ({ webhooks }) => optional(webhooks?.underWay)),
  gauge(
    'causeway_webhook_queue_age_seconds',
    'For how long the oldest delivery of these apps has waited for its receiver to take it, or for an earlier one; 0 if none waits.',
    [],
    ({ webhooks }) => optional(webhooks === undefined ? undefined : webhooks.queueAgeMs / 1000),
  ),
  counter(
    'causeway_webhook_attempts_total',
    'Attempts to deliver an event to a webhook that are over: `delivered`, `retried` later, or `failed` for good.',
    ['outcome'],
    ({ webhooks }) => byName({ ...webhooks?.attempts }),
  ),
  gauge('causeway_nodes', 'Live nodes of the cluster as this one knows them, itself included, by state.', ['state'], ({ cluster }) =>
    byName({ ...cluster?.nodes }),
  ),
  gauge('causeway_links', 'Links to other nodes, by state; only those that are `up` carry media.', ['state'], ({ sfu }) =>
    byName(countBy((sfu.relay?.links ?? []).map(({ state }) => state))),
  ),
  gauge('causeway_link_round_trip_seconds', 'Round trip of the link to each other node, as last measured.', ['node'], ({ sfu }) =>
    (sfu.relay?.links ?? []).flatMap(({ nodeNo, rttMs }) => (rttMs === undefined ? [] : ofNode(nodeNo, rttMs / 1000))),
  ),
  gauge(
    'causeway_link_loss_ratio',
    'Share of what was to cross the link to each other node that did not at the first try: it was lost, or held back because the link is too narrow.',
    ['node'],
    ({ sfu }) => (sfu.relay?.links ?? []).flatMap(({ nodeNo, lossRatio }) => (lossRatio === undefined ? [] : ofNode(nodeNo, lossRatio))),
  ),
  counter(
    'causeway_link_reports_refused_total',
    'Reports of other nodes about links that had no effect: a `flood` of one node, `withheld` because the node that it is about has a link with this one and speaks for itself, or `table_full` of nodes.',
    ['reason'],
    ({ sfu: { relay } }) => byName({ ...relay?.refusedLinkReports }),
  ),
  gauge(
    'causeway_relayed_copies',
    'Copies of tracks that come in from other nodes, and that go out to them.',
    ['direction'],
    ({ sfu: { relay } }) => (relay === undefined ? [] : byName({ in: relay.legs, out: relay.exports })),
  ),
  gauge(
    'causeway_relayed_data_channels',
    'Copies of data channels that come in from other nodes, and that go out to them.',
    ['direction'],
    ({ sfu: { relay } }) => (relay === undefined ? [] : byName({ in: relay.dataLegs, out: relay.dataExports })),
  ),
  counter(
    'causeway_calls_passed_on_total',
    'Calls that were passed on to another node, by what became of them.',
    ['outcome'],
    ({ cluster }) => byName({ ...cluster?.callsPassedOn }),
  ),
  counter(
    'causeway_assertions_refused_total',
    'Calls that claimed to come from another node and were refused, by what was wrong.',
    ['reason'],
    ({ cluster }) => byName({ ...cluster?.assertionsRefused }),
  ),
  counter(
    'causeway_node_records_refused_total',
    'Records of nodes that were not signed with the cluster key, too old or not understood.',
    [],
    ({ cluster }) => optional(cluster?.nodeRecordsRefused),
  ),
  counter(
    'causeway_app_records_refused_total',
    'Records of apps in Redis that were not believed, by what was wrong with them.',
    ['reason'],
    ({ cluster }) => byName({ ...cluster?.appRecordsRefused }),
  ),
  counter(
    'causeway_app_lookups_total',
    'Apps that were looked up in Redis, by what came of it; `limited`: was not, for too many unknown ids.',
    ['outcome'],
    ({ cluster }) => byName({ ...cluster?.appLookUps }),
  ),
  counter('causeway_redis_failures_total', 'Calls to Redis that were not answered in time, or not sent.', [], ({ cluster }) =>
    optional(cluster?.redisFailures),
  ),
  gauge('causeway_redis_given_up', '1 while Redis is asked once a second only, because too many calls to it failed.', [], ({ cluster }) =>
    optional(cluster === undefined ? undefined : Number(cluster.isRedisGivenUp)),
  ),
  gauge('causeway_sessions_to_restore', 'Sessions of this node whose records in Redis are behind, or may be.', [], ({ cluster }) =>
    optional(cluster?.sessionsToRestore),
  ),
  counter(
    'causeway_tokens_total',
    'Tokens that came with calls and were signed by the right key, by what became of them.',
    ['outcome'],
    ({ tokens }) => byName(tokens.outcomes),
  ),
  counter('causeway_tokens_minted_total', 'Tokens that this node has signed, those of sessions included.', [], ({ tokens }) =>
    one(tokens.minted),
  ),
  counter(
    'causeway_token_verifications_total',
    'Signatures of tokens that were looked at; other tokens were remembered.',
    [],
    ({ tokens }) => one(tokens.verifications),
  ),
  counter(
    'causeway_token_verification_seconds_total',
    'What telling good tokens from others took: of the thread that answers calls (`lookup`), and from handing signatures to other threads until their results were back (`signature`).',
    ['part'],
    ({ tokens: { spentMs } }) => byName({ lookup: spentMs.lookUp / 1000, signature: spentMs.signature / 1000 }),
  ),
  gauge('causeway_tokens_remembered', 'Tokens whose signature need not be looked at again.', [], ({ tokens }) => one(tokens.remembered)),
  gauge('causeway_token_revocations', 'Revocations of the last day that this node knows.', [], ({ tokens }) => one(tokens.revocations)),
  counter('causeway_token_revocations_refused_total', 'Revocations in Redis that no node of the cluster has signed.', [], ({ cluster }) =>
    optional(cluster?.revocationsRefused),
  ),
  counter(
    'causeway_defects_total',
    'Defects of the node that no session could be blamed for, by how they showed; anything but 0 deserves a look.',
    ['kind'],
    ({ defects }) => byName(defects),
  ),
  counter('process_cpu_seconds_total', 'CPU time of all threads of the process.', [], ({ process }) => one(process.cpuSeconds)),
  gauge('process_resident_memory_bytes', 'Resident set of the process.', [], ({ process }) => one(process.rssBytes)),
  gauge('nodejs_heap_size_used_bytes', 'JavaScript heap in use.', [], ({ process }) => one(process.heapUsedBytes)),
  gauge('nodejs_external_memory_bytes', 'Buffers that JavaScript objects own outside of the heap.', [], ({ process }) =>
    one(process.externalBytes),
  ),
];
