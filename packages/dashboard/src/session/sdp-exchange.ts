/**
 * The two ways a peer connection and the SFU agree on SDP. Both leave the peer connection in `stable`, whatever happens.
 *
 * @see RFC 9429 §5.5 (setLocalDescription), §5.7 (rollback)
 */
import type { Description } from '../api/sfu-api.ts';

interface AnswerCarrier {
  readonly sessionDescription?: Description | undefined;
}

/**
 * Makes an offer and applies the answer in the reply.
 *
 * @param send gets the offer after its media lines have their mids
 * @throws what `send` throws, with the offer rolled back: transceivers that were new in it have no mid again
 */
export async function offerTo<Reply extends AnswerCarrier>(
  peer: RTCPeerConnection,
  send: (offer: Description) => Promise<Reply>,
): Promise<Reply> {
  await peer.setLocalDescription();
  try {
    const reply = await send(localDescription(peer));
    if (reply.sessionDescription === undefined) throw new Error('The node accepted an offer but sent no answer.');
    await peer.setRemoteDescription(reply.sessionDescription);
    return reply;
  } catch (failure) {
    if (peer.signalingState === 'have-local-offer') await peer.setLocalDescription({ type: 'rollback' });
    throw failure;
  }
}

/**
 * Applies an offer of the SFU and hands the answer to `send`.
 *
 * @param receivingMids media lines on which the SFU is about to send because we asked it to. A line that once carried a closed
 *   publication is `inactive` on our side, and would be answered so, unless it is opened here.
 */
export async function answerTo(
  peer: RTCPeerConnection,
  offer: Description,
  receivingMids: ReadonlySet<string>,
  send: (answer: Description) => Promise<unknown>,
): Promise<void> {
  await peer.setRemoteDescription(offer);
  for (const transceiver of peer.getTransceivers()) {
    if (transceiver.mid === null || !receivingMids.has(transceiver.mid)) continue;
    if (transceiver.direction === 'inactive') transceiver.direction = 'recvonly';
    if (transceiver.direction === 'sendonly') transceiver.direction = 'sendrecv';
  }
  await peer.setLocalDescription();
  await send(localDescription(peer));
}

function localDescription(peer: RTCPeerConnection): Description {
  const description = peer.localDescription;
  if (description === null || (description.type !== 'offer' && description.type !== 'answer')) {
    throw new Error('The peer connection has no local description.');
  }
  return { type: description.type, sdp: description.sdp };
}
