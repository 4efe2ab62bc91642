/** A peer connection from the page to itself, for testing the kit without a server. */
import { addSender, type SendRequest } from './local-media.ts';
import { type Reception, startReception } from './reception.ts';

export interface Loop {
  readonly sender: RTCPeerConnection;
  readonly receiver: RTCPeerConnection;
  readonly reception: Reception;
}

/** @param editSdp changes offer and answer alike on their way */
export async function connectLoop(request: SendRequest, editSdp: (sdp: string) => string = (sdp) => sdp): Promise<Loop> {
  const sender = new RTCPeerConnection();
  const receiver = new RTCPeerConnection();
  sender.onicecandidate = ({ candidate }) => void receiver.addIceCandidate(candidate ?? undefined);
  receiver.onicecandidate = ({ candidate }) => void sender.addIceCandidate(candidate ?? undefined);
  const track = new Promise<MediaStreamTrack>((resolve) => {
    receiver.ontrack = (event) => resolve(event.track);
  });
  await addSender(sender, request);
  await pass(sender, receiver, await sender.createOffer(), editSdp);
  await pass(receiver, sender, await receiver.createAnswer(), editSdp);
  return { sender, receiver, reception: startReception(await track) };
}

async function pass(
  from: RTCPeerConnection,
  to: RTCPeerConnection,
  { type, sdp = '' }: RTCSessionDescriptionInit,
  editSdp: (sdp: string) => string,
): Promise<void> {
  const description = { type, sdp: editSdp(sdp) };
  await from.setLocalDescription(description);
  await to.setRemoteDescription(description);
}
