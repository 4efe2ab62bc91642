/** The far end of the page's peer connection, in the same page. */
import type { Description } from '@causeway/client';
import type { RemoteTrackRef } from '../src/console/console-session.ts';

export interface FakePeer {
  /** Applies an offer of the page. */
  answer(offer: Description): Promise<Description>;
  /** Sends tracks to the page: on idle lines where there are any, on new ones otherwise. */
  send(tracks: readonly MediaStreamTrack[]): Promise<{ readonly offer: Description; readonly mids: readonly string[] }>;
  acceptAnswer(answer: Description): Promise<void>;
  stopSending(mid: string): Promise<void>;
  close(): void;
}

export type SubscribeBody = { readonly tracks: readonly RemoteTrackRef[] };

export function createFakePeer(): FakePeer {
  const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  const local = async (): Promise<Description> => {
    await peer.setLocalDescription();
    await gathered(peer);
    const { type, sdp } = peer.localDescription as RTCSessionDescription;
    return { type: type as Description['type'], sdp };
  };
  return {
    async answer(offer) {
      await peer.setRemoteDescription(offer);
      return local();
    },
    async send(tracks) {
      const lines = tracks.map((track) => lineFor(peer, track));
      const offer = await local();
      return { offer, mids: lines.map(({ mid }) => mid ?? '') };
    },
    acceptAnswer: (answer) => peer.setRemoteDescription(answer),
    async stopSending(mid) {
      await peer
        .getTransceivers()
        .find((line) => line.mid === mid)
        ?.sender.replaceTrack(null);
    },
    close: () => peer.close(),
  };
}

function lineFor(peer: RTCPeerConnection, track: MediaStreamTrack): RTCRtpTransceiver {
  const idle = peer
    .getTransceivers()
    .find(
      ({ sender, receiver, currentDirection }) =>
        sender.track === null && receiver.track.kind === track.kind && currentDirection !== 'recvonly',
    );
  if (idle === undefined) return peer.addTransceiver(track, { direction: 'sendonly' });
  void idle.sender.replaceTrack(track);
  idle.direction = 'sendonly';
  return idle;
}

function gathered(peer: RTCPeerConnection): Promise<void> {
  return new Promise((resolve) => {
    const check = () => peer.iceGatheringState === 'complete' && resolve();
    peer.addEventListener('icegatheringstatechange', check);
    check();
  });
}
