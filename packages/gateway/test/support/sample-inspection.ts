import type { NodeInspection } from '../../src/monitoring/inspect-node.ts';

/** A node with something of everything; no two figures are alike. */
export const SAMPLE_INSPECTION: NodeInspection = {
  sfu: {
    objects: {
      sessions: {
        sessions: 3,
        publications: 4,
        subscriptions: 5,
        openTracks: 6,
        followers: 7,
        followedTracks: 8,
        followedNames: 9,
        timers: 10,
        registrySessions: 11,
        registryTracks: 12,
      },
      engine: {
        transports: 13,
        userFragments: 14,
        paths: 15,
        publisherTracks: 16,
        receiveStreams: 17,
        subscriberTracks: 18,
        timers: 19,
        historyPackets: 20,
        historyBytes: 21,
        outboxEntries: 22,
      },
      secure: { endpoints: 23, handshakes: 24, sctpAssociations: 25, dataChannels: 26, outboundStreams: 27, keystreamPages: 28 },
      udp: { paths: 29, connectedSockets: 30 },
    },
    kept: { tombstones: 31 },
    traffic: { rtpPacketsReceived: 32, rtpBytesReceived: 33, rtpPacketsSent: 34, rtpBytesSent: 35, handshakesCompleted: 36 },
    drops: { 'unknown-path': 37, paused: 38 },
    discards: {
      dtls: { malformed: 39, plaintextRefused: 40, undecryptable: 41, replayed: 42 },
      srtp: { notKeyed: 43, malformed: 44, indexReused: 45 },
      sctp: { malformedPackets: 46, overflow: 47, refusedChannels: 48, strayMessages: 49 },
    },
    sessionsByState: { new: 50, connecting: 51, connected: 52, disconnected: 53, failed: 54 },
    sessionsCreated: 55,
    sessionsClosed: {
      requested: 56,
      setup_timeout: 57,
      connection_lost: 58,
      peer_closed: 59,
      handshake_failed: 60,
      draining: 61,
      internal_error: 62,
    },
    entrance: {
      load: { eventLoopDelayMs: { p50: 1, p99: 12, max: 250 }, utilization: 0.25, memoryShare: 0.125 },
      obstacle: 'sessions',
      sessionsRefused: { sessions: 63, memory: 64, event_loop: 65, queue: 66 },
      joinsWaiting: 67,
    },
  },
  http: { connections: 68, requests: 69 },
  kept: { rateLimitedKeys: 70, idempotentReplies: 71, idempotentReplyBytes: 72 },
  replies: [
    { status: '200', errorCode: '', count: 73 },
    { status: '404', errorCode: 'session_not_found', count: 74 },
  ],
  process: {
    rssBytes: 75,
    heapUsedBytes: 76,
    externalBytes: 77,
    cpuSeconds: 78.5,
    uptimeSeconds: 79,
    activeResources: { TCPServerWrap: 2 },
  },
};
