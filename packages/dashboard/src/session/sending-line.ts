/** Media lines for what we send: opened for a publication, parked when it ends, and used again so that SDP does not grow. */

export interface LocalTrack {
  readonly track: MediaStreamTrack;
  /** Becomes the track's `customTrackName`. */
  readonly name: string;
  /** Simulcast layers, lowest first. Empty: one encoding as the browser likes it. */
  readonly layers: readonly RTCRtpEncodingParameters[];
}

/** @returns a transceiver that sends the track: a parked one of the same shape, or a new one. Takes effect with the next offer. */
export async function openSendingLine(peer: RTCPeerConnection, local: LocalTrack): Promise<RTCRtpTransceiver> {
  const parked = peer.getTransceivers().find((transceiver) => isParkedFor(transceiver, local));
  if (parked === undefined) {
    return peer.addTransceiver(local.track, { direction: 'sendonly', sendEncodings: [...local.layers] });
  }
  await parked.sender.replaceTrack(local.track);
  parked.direction = 'sendonly';
  return parked;
}

/** Stops sending. A line that no offer has carried yet is given up; any other waits for `openSendingLine`. */
export async function parkSendingLine(transceiver: RTCRtpTransceiver): Promise<void> {
  if (transceiver.mid === null) {
    transceiver.stop();
    return;
  }
  await transceiver.sender.replaceTrack(null);
  if (transceiver.direction === 'sendonly') transceiver.direction = 'inactive';
  if (transceiver.direction === 'sendrecv') transceiver.direction = 'recvonly';
}

/** The number of layers of a line is fixed for good by the offer that first carries it. @see WebRTC 1.0 §5.2, setParameters */
function isParkedFor(transceiver: RTCRtpTransceiver, { track, layers }: LocalTrack): boolean {
  return (
    transceiver.direction === 'inactive' &&
    transceiver.currentDirection === 'inactive' &&
    transceiver.sender.track === null &&
    transceiver.receiver.track.kind === track.kind &&
    Math.max(transceiver.sender.getParameters().encodings.length, 1) === Math.max(layers.length, 1)
  );
}
