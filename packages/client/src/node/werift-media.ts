/**
 * Runs a session on werift's peer connection, for programs on Node that receive and send media. There are no encoders here: frames go in
 * and come out encoded. werift is an optional peer dependency of this package, and only this file uses it.
 */
import {
  dePacketizeRtpPackets,
  H264Packetizer,
  H264RtpPayload,
  MediaStreamTrack,
  OpusPacketizer,
  type Packetizer,
  RTCPeerConnection,
  type RTCPeerConnectionConfig,
  type RtpPacket,
  useH264,
  useOPUS,
  useVP8,
  Vp8Packetizer,
  Vp8RtpPayload,
} from 'werift';

/** The codecs that can be sent and received: Opus for audio, and two for video. */
export type EncodedCodec = VideoCodec | 'opus';
export type VideoCodec = 'VP8' | 'H264';

/** werift's configuration, and the video codecs to offer. */
export interface NodeConnectionOptions extends Omit<RTCPeerConnectionConfig, 'codecs'> {
  /** The video codecs in order of preference, of which the first is sent. Default: VP8, then H.264. */
  readonly videoCodecs?: readonly VideoCodec[];
}

/**
 * Creates a peer connection for `openSession`. Its tracks and data channels are werift's; channels have `onopen`, `onmessage`, `send` and
 * `close` as in a browser.
 */
export function createPeerConnection({ videoCodecs = ['VP8', 'H264'], ...config }: NodeConnectionOptions = {}): RTCPeerConnection {
  const video = videoCodecs.map((codec) => (codec === 'VP8' ? useVP8() : useH264()));
  // The SFU has a public address, and without a list werift asks a public STUN server for ours. Without `max-bundle` each media line
  // begins with sockets of its own, which werift leaves open for good.
  return new RTCPeerConnection({ iceServers: [], bundlePolicy: 'max-bundle', ...config, codecs: { audio: [useOPUS()], video } });
}

/** A track to publish, and the means to put frames on it. */
export interface EncodedTrack {
  readonly track: MediaStreamTrack;
  /**
   * Sends one frame of video, or one packet of Opus. Nothing is sent before the connection is up.
   *
   * @param frame VP8 without a container, H.264 with start codes (Annex B)
   * @param timestampTicks of the RTP clock: 90,000 a second for video, 48,000 for audio
   */
  send(frame: Uint8Array, timestampTicks: number): void;
}

/** @param codec must be the one that the connection sends; see `NodeConnectionOptions` */
export function createEncodedTrack(codec: EncodedCodec): EncodedTrack {
  const track = new MediaStreamTrack({ kind: codec === 'opus' ? 'audio' : 'video' });
  const packetizer = createPacketizer(codec);
  return {
    track,
    send(frame, timestampTicks) {
      const data = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
      for (const packet of packetizer.packetize(data, timestampTicks >>> 0)) track.writeRtp(packet);
    },
  };
}

/**
 * Calls the listener whenever a viewer needs a keyframe of a published track, because it has just joined or has lost too much. The next
 * frame should then be a keyframe.
 *
 * @throws Error – the connection does not send the track, which must be published first
 */
export function onKeyframeRequest(connection: RTCPeerConnection, track: MediaStreamTrack, listener: () => void): void {
  const sender = connection.getSenders().find((each) => each.track === track);
  if (sender === undefined) throw new Error('The connection does not send this track: publish it first.');
  sender.onPictureLossIndication.subscribe(listener);
}

/** A frame that has arrived, still encoded. */
export interface ReceivedFrame {
  /** VP8 without a container, H.264 with start codes, or one packet of Opus. */
  readonly data: Uint8Array;
  readonly codec: EncodedCodec;
  readonly timestampTicks: number;
  /** Always true for audio. */
  readonly isKeyframe: boolean;
}

/** Calls the listener with every complete frame of a subscription's track. Frames with a missing packet are left out. */
export function onFrame(track: MediaStreamTrack, listener: (frame: ReceivedFrame) => void): void {
  /** Packets of the frame that is arriving; undefined if one of them is missing. */
  let packets: RtpPacket[] | undefined = [];
  let lastSeq: number | undefined;
  track.onReceiveRtp.subscribe((packet) => {
    const codec = codecOf(track);
    const { sequenceNumber, timestamp, marker } = packet.header;
    if (codec === 'opus') return listener({ data: packet.payload, codec, timestampTicks: timestamp, isKeyframe: true });
    if (lastSeq !== undefined && sequenceNumber !== ((lastSeq + 1) & 0xffff)) packets = undefined;
    lastSeq = sequenceNumber;
    packets?.push(packet);
    if (!marker) return;
    const whole = packets;
    packets = [];
    // The first packets to arrive may be the end of a frame.
    if (whole?.[0] === undefined || !isFrameStart(codec, whole[0])) return;
    const { data, isKeyframe } = dePacketizeRtpPackets(codec === 'VP8' ? 'VP8' : 'MPEG4/ISO/AVC', whole);
    if (data.length > 0) listener({ data, codec, timestampTicks: timestamp, isKeyframe });
  });
}

function isFrameStart(codec: VideoCodec, { payload }: RtpPacket): boolean {
  return (codec === 'VP8' ? Vp8RtpPayload : H264RtpPayload).deSerialize(payload).isPartitionHead;
}

function codecOf({ kind, codec }: MediaStreamTrack): EncodedCodec {
  if (kind === 'audio') return 'opus';
  return codec?.name.toUpperCase() === 'H264' ? 'H264' : 'VP8';
}

function createPacketizer(codec: EncodedCodec): Packetizer {
  switch (codec) {
    case 'VP8':
      return new Vp8Packetizer();
    case 'H264':
      return new H264Packetizer({ inputFormat: 'annexb' });
    case 'opus':
      return new OpusPacketizer();
  }
}
