/** Tracks to publish: pictures and tones made in the page, or the browser's camera and microphone (fake ones in tests). */
import { createPictureTrack, type PictureRequest } from './picture.ts';
import { createToneTrack, type ToneRequest } from './tone.ts';

export interface DeviceRequest {
  readonly kind: 'camera' | 'microphone';
}

export interface SendRequest {
  readonly media: PictureRequest | ToneRequest | DeviceRequest;
  readonly customTrackName?: string;
  /** Encoding name of the one codec to offer, in any case: `vp9`. */
  readonly codec?: string;
  /** Simulcast layers, lowest first. */
  readonly layers?: readonly RTCRtpEncodingParameters[];
}

export async function createLocalTrack(media: SendRequest['media']): Promise<MediaStreamTrack> {
  switch (media.kind) {
    case 'picture':
      return createPictureTrack(media);
    case 'tone':
      return createToneTrack(media);
    case 'camera':
      return onlyTrack(await navigator.mediaDevices.getUserMedia({ video: true }));
    case 'microphone':
      return onlyTrack(await navigator.mediaDevices.getUserMedia({ audio: true }));
  }
}

/** Adds a sending media line for the requested media. */
export async function addSender(connection: RTCPeerConnection, request: SendRequest): Promise<RTCRtpTransceiver> {
  const track = await createLocalTrack(request.media);
  const transceiver = connection.addTransceiver(track, {
    direction: 'sendonly',
    streams: [new MediaStream([track])],
    ...(request.layers === undefined ? {} : { sendEncodings: [...request.layers] }),
  });
  if (request.codec !== undefined) transceiver.setCodecPreferences(codecsNamed(track.kind, request.codec));
  return transceiver;
}

function codecsNamed(kind: string, name: string): RTCRtpCodec[] {
  const wanted = `${kind}/${name}`.toLowerCase();
  const codecs = RTCRtpSender.getCapabilities(kind)?.codecs.filter(({ mimeType }) => mimeType.toLowerCase() === wanted) ?? [];
  if (codecs.length === 0) throw new Error(`this browser cannot send ${wanted}`);
  return codecs;
}

function onlyTrack(stream: MediaStream): MediaStreamTrack {
  const [track] = stream.getTracks();
  if (track === undefined) throw new Error('a device without a track');
  return track;
}
