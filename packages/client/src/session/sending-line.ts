/** The media lines for what we send. They are opened for a publication, parked when it ends, and used again so that SDP does not grow. */
import type { DataChannel, MediaTrack, PeerConnection, SendLayer, Transceiver } from './peer-connection.ts';

/** A track to publish. */
export interface LocalTrack<Track> {
  readonly track: Track;
  /** Becomes the track's `customTrackName`, which is unique in the session; an empty string stands for none. */
  readonly name: string;
  /** Simulcast layers, lowest first. Without them there is one encoding, with the browser's defaults. */
  readonly layers?: readonly SendLayer[];
}

/** @returns a transceiver that sends the track: a parked one of the same shape, or a new one. It takes effect with the next offer */
export async function openSendingLine<Track extends MediaTrack>(
  peer: PeerConnection<Track, DataChannel>,
  local: LocalTrack<Track>,
): Promise<Transceiver<Track>> {
  const parked = peer.getTransceivers().find((transceiver) => isParkedFor(transceiver, local));
  if (parked === undefined) {
    const { track, layers = [] } = local;
    return peer.addTransceiver(track, { direction: 'sendonly', sendEncodings: [...layers] });
  }
  await parked.sender.replaceTrack(local.track);
  parked.direction = 'sendonly';
  return parked;
}

/** Stops sending. A line that no offer has carried yet is given up; any other can be used again by `openSendingLine`. */
export async function parkSendingLine<Track>(transceiver: Transceiver<Track>): Promise<void> {
  if (transceiver.mid === null) {
    transceiver.stop();
    return;
  }
  await transceiver.sender.replaceTrack(null);
  if (transceiver.direction === 'sendonly') transceiver.direction = 'inactive';
  if (transceiver.direction === 'sendrecv') transceiver.direction = 'recvonly';
}

/** The number of layers of a line is fixed by the first offer that carries it. @see WebRTC 1.0 §5.2, setParameters */
function isParkedFor<Track extends MediaTrack>(transceiver: Transceiver<Track>, { track, layers = [] }: LocalTrack<Track>): boolean {
  return (
    transceiver.direction === 'inactive' &&
    transceiver.currentDirection === 'inactive' &&
    transceiver.sender.track === null &&
    transceiver.receiver.track.kind === track.kind &&
    Math.max(transceiver.sender.getParameters().encodings.length, 1) === Math.max(layers.length, 1)
  );
}
