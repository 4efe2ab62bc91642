import { FeedbackPeer, type ScriptedPeer, type VirtualWorld } from '@causeway/testkit';
import { readTransportSequence, SequenceUnwrapper, toSeq16 } from '@causeway/wire';

/** Bytes of a packet on the wire beyond its payload. */
const HEADER_BYTES = 50;

/** Has the peer report what it receives by transport-wide number, as browsers do. @param extensionId where packets carry the number */
export function reportTransportWide(world: VirtualWorld, peer: ScriptedPeer, forMs: number, extensionId = 5): void {
  const unwrapper = new SequenceUnwrapper();
  const feedback = new FeedbackPeer({
    simulation: {
      get nowMs() {
        return world.nowMs;
      },
      every(intervalMs, act) {
        for (let afterMs = 0; afterMs < forMs; afterMs += intervalMs) world.after(afterMs, () => void act());
      },
    },
    sendFeedback: (rtcp) => peer.sendRaw(world.nowMs, rtcp.slice()),
  });
  peer.onRtp = ({ extensions, payload }) => {
    const number = transportNumberIn(extensions.get(extensionId));
    if (number !== undefined) feedback.receive(unwrapper.unwrap(toSeq16(number)), payload.length + HEADER_BYTES);
  };
}

/** @param value of the header extension */
export function transportNumberIn(value: Uint8Array | undefined): number | undefined {
  return value && readTransportSequence(value, 0, value.length);
}
