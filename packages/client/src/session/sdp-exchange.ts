/**
 * The two ways in which a peer connection and the SFU agree on SDP. Both always leave the peer connection in `stable`.
 *
 * @see RFC 9429 §5.5 (setLocalDescription), §5.7 (rollback)
 */
import type { DataChannel, Description, MediaTrack, PeerConnection } from './peer-connection.ts';

type Peer = PeerConnection<MediaTrack, DataChannel>;

interface AnswerCarrier {
  readonly sessionDescription?: Description | undefined;
}

/**
 * Makes an offer and applies the answer in the reply.
 *
 * @param send is called with the offer after its media lines have their mids
 * @throws what `send` throws. The offer is then rolled back, and transceivers that were new in it have no mid again
 */
export async function offerTo<Reply extends AnswerCarrier>(
  peer: Peer,
  send: (offer: Description<'offer'>) => Promise<Reply>,
): Promise<Reply> {
  await peer.setLocalDescription();
  try {
    const reply = await send(localDescription(peer, 'offer'));
    if (reply.sessionDescription === undefined) throw new Error('The node accepted an offer but sent no answer.');
    await peer.setRemoteDescription(reply.sessionDescription);
    return reply;
  } catch (failure) {
    if (peer.signalingState === 'have-local-offer') await peer.setLocalDescription({ type: 'rollback' });
    throw failure;
  }
}

/**
 * Applies an offer of the SFU and passes the answer to `send`.
 *
 * @param receivingMids media lines on which the SFU is about to send because we asked it to. A line that once carried a closed publication
 *   is `inactive` on our side, and the answer would say so unless it is opened here
 */
export async function answerTo(
  peer: Peer,
  offer: Description,
  receivingMids: ReadonlySet<string>,
  send: (answer: Description<'answer'>) => Promise<unknown>,
): Promise<void> {
  await peer.setRemoteDescription(offer);
  for (const transceiver of peer.getTransceivers()) {
    if (transceiver.mid === null || !receivingMids.has(transceiver.mid)) continue;
    if (transceiver.direction === 'inactive') transceiver.direction = 'recvonly';
    if (transceiver.direction === 'sendonly') transceiver.direction = 'sendrecv';
  }
  await peer.setLocalDescription();
  await send(localDescription(peer, 'answer'));
}

/** Whether a peer connection has a media line for data channels, or has offered one. */
export function hasDataSection(peer: Peer): boolean {
  return /^m=application /m.test(peer.localDescription?.sdp ?? '');
}

/**
 * Returns the UDP port of the node's first candidate, which also answers plain STUN requests.
 *
 * @param sdp a description that the SFU wrote
 * @returns undefined if there is no UDP candidate
 * @see RFC 8839 §5.1
 */
export function mediaPortOf(sdp: string): number | undefined {
  const candidate = /^a=candidate:\S+ \d+ udp \d+ \S+ (\d+) typ /im.exec(sdp);
  return candidate?.[1] === undefined ? undefined : Number(candidate[1]);
}

function localDescription<Type extends 'offer' | 'answer'>({ localDescription: local }: Peer, type: Type): Description<Type> {
  if (local?.type !== type) throw new Error(`The peer connection has no ${type}.`);
  return { type, sdp: local.sdp };
}
