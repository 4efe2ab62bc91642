/** werift's peer connection as a client of the matrix, in its own process, which understands the commands of `client-verbs.ts`. */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createEncodedTrack, createPeerConnection, onKeyframeRequest } from '@causeway/client/node';
import { describeMessage, makeMessage, type SeenMessage } from '@causeway/e2e';
import { waitUntil } from '@causeway/lab';
import type { TrackKind } from '@causeway/protocol';
import type { MediaStreamTrack, RTCDataChannel, RTCPeerConnection, RTCRtpTransceiver } from 'werift';
import type { SentMedia } from '../clients/client-verbs.ts';
import type { ChannelRequest, ReceivedMedia, VideoCodec } from '../clients/interop-client.ts';
import { serveVerbs, type VerbHandlers } from './control-channel.ts';
import { FrameCounter, SampleCounter } from './depacketised-media.ts';
import { type MediaLoop, startMediaLoop } from './media-loop.ts';

interface Peer {
  readonly connection: RTCPeerConnection;
  readonly loops: readonly MediaLoop[];
  readonly received: Map<RTCRtpTransceiver, () => ReceivedMedia>;
  readonly channels: Map<string, Channel>;
}

interface Channel {
  readonly channel: RTCDataChannel;
  readonly seen: SeenMessage[];
}

const VIDEO_CODECS: readonly VideoCodec[] = ['VP8', 'H264'];
const peers = new Map<string, Peer>();

/** werift does not report its version, but this package pins it exactly. */
function weriftVersion(): string {
  const manifest = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../package.json'), 'utf8')) as {
    readonly dependencies: { readonly werift: string };
  };
  return manifest.dependencies.werift;
}

function peerNamed(name: string): Peer {
  const peer = peers.get(name);
  if (peer === undefined) throw new Error(`no peer "${name}"`);
  return peer;
}

function addSender(connection: RTCPeerConnection, { codec }: SentMedia): MediaLoop {
  const encoded = createEncodedTrack(codec);
  connection.addTransceiver(encoded.track, { direction: 'sendonly' });
  const loop = startMediaLoop(encoded, codec);
  onKeyframeRequest(connection, encoded.track, () => loop.startOver());
  return loop;
}

/** The media received on a track, from its first packet on. */
function countReceived(transceiver: RTCRtpTransceiver, track: MediaStreamTrack): () => ReceivedMedia {
  const { kind } = transceiver;
  const readFacts = (): Pick<ReceivedMedia, 'mid' | 'kind' | 'codec'> => ({
    mid: transceiver.mid ?? '',
    kind: kind === 'audio' ? kind : 'video',
    codec: track.codec?.name ?? '',
  });
  const samples = new SampleCounter();
  let frames: FrameCounter | undefined;
  track.onReceiveRtp.subscribe((packet) => {
    if (kind === 'audio') return samples.add(packet);
    frames ??= new FrameCounter(track.codec?.name.toUpperCase() === 'H264' ? 'H264' : 'VP8');
    frames.add(packet);
  });
  return () => ({ ...readFacts(), frames: frames?.frames ?? 0, samples: samples.samples });
}

function listen(transceiver: RTCRtpTransceiver, received: Peer['received']): void {
  transceiver.onTrack.subscribe((track) => received.set(transceiver, countReceived(transceiver, track)));
}

/** Records the messages received on a channel. */
function adopt(channels: Peer['channels'], channel: RTCDataChannel): void {
  const seen: SeenMessage[] = [];
  channel.onMessage.subscribe((data) => void seen.push(describeMessage(data)));
  channels.set(channel.label, { channel, seen });
}

/** Payload protocols of empty messages, which travel as one byte (RFC 8831 §6.6). */
const EMPTY_TEXT = 56;
const EMPTY_BINARY = 57;

function sendMessage({ sctpTransport }: RTCPeerConnection, channel: RTCDataChannel | undefined, data: string | Uint8Array): void {
  if (channel === undefined || sctpTransport === undefined) throw new Error('the channel is gone');
  if (data.length > 0) {
    channel.send(typeof data === 'string' ? data : Buffer.from(data));
    return;
  }
  // werift assigns a number to an empty message but sends no chunk for it, so receivers wait for it and hold back later messages.
  const protocolId = typeof data === 'string' ? EMPTY_TEXT : EMPTY_BINARY;
  const terms = { ordered: channel.ordered, expiry: undefined, maxRetransmits: undefined };
  void sctpTransport.sctp.send(channel.id, protocolId, Buffer.alloc(1), terms);
}

function openPeer(send: readonly SentMedia[], receive: readonly TrackKind[], requests: readonly ChannelRequest[]): Peer {
  const sentCodecs = VIDEO_CODECS.filter((codec) => send.some((media) => media.codec === codec));
  // This is the default of werift, which its users get. The client package would set `max-bundle`.
  const connection = createPeerConnection({ videoCodecs: send.length > 0 ? sentCodecs : VIDEO_CODECS, bundlePolicy: 'max-compat' });
  const received: Peer['received'] = new Map();
  connection.onRemoteTransceiverAdded.subscribe((transceiver) => listen(transceiver, received));
  const loops = send.map((media) => addSender(connection, media));
  for (const kind of receive) listen(connection.addTransceiver(kind, { direction: 'recvonly' }), received);
  const channels: Peer['channels'] = new Map();
  connection.onDataChannel.subscribe((channel) => adopt(channels, channel));
  for (const { label, ordered } of requests) adopt(channels, connection.createDataChannel(label, { ordered }));
  return { connection, loops, received, channels };
}

const handlers: VerbHandlers = {
  describe: async () => {
    return { version: `werift ${weriftVersion()} RTCPeerConnection (Node ${process.versions.node})`, videoCodecs: VIDEO_CODECS };
  },
  open: async ({ peer, send, receive, channels = [] }) => {
    const opened = openPeer(send, receive, channels);
    peers.set(peer, opened);
    await opened.connection.setLocalDescription(await opened.connection.createOffer());
    return { sdp: opened.connection.localDescription?.sdp ?? '' };
  },
  accept: async ({ peer, sdp }) => {
    await peerNamed(peer).connection.setRemoteDescription({ type: 'answer', sdp });
    return null;
  },
  answer: async ({ peer, sdp }) => {
    const { connection } = peerNamed(peer);
    await connection.setRemoteDescription({ type: 'offer', sdp });
    await connection.setLocalDescription(await connection.createAnswer());
    return { sdp: connection.localDescription?.sdp ?? '' };
  },
  send: async ({ peer, label, messages }) => {
    const { connection, channels } = peerNamed(peer);
    await waitUntil(
      `channel ${label} is open`,
      () => channels.get(label)?.channel.readyState,
      (state) => state === 'open',
      30_000,
    );
    const made = messages.map(makeMessage);
    for (const data of made) sendMessage(connection, channels.get(label)?.channel, data);
    return made.map(describeMessage);
  },
  readMessages: async ({ peer, label }) => peerNamed(peer).channels.get(label)?.seen ?? [],
  readReceived: async ({ peer }) => [...peerNamed(peer).received.values()].map((read) => read()),
  readState: async ({ peer }) => peerNamed(peer).connection.connectionState,
  close: async ({ peer }) => {
    const { connection, loops } = peerNamed(peer);
    peers.delete(peer);
    for (const loop of loops) loop.stop();
    await connection.close();
    return null;
  },
};

await serveVerbs(handlers);
// A connection that is closed may leave timers behind.
process.exit(0);
