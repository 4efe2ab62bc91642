import type { ScriptedPeer, VirtualWorld } from '@causeway/testkit';
import { type ReportedPacket, writeCongestionFeedback } from '@causeway/wire';

const REPORT_EVERY_MS = 100;

interface Arrival {
  readonly atMs: number;
  readonly ecn: number;
}

/** Has the peer report what it receives, as Chromium does: each packet once, with its ECN field and what is missing between. */
export function reportByStream(world: VirtualWorld, peer: ScriptedPeer, forMs: number): void {
  const arrivals = new Map<number, Map<number, Arrival>>();
  const next = new Map<number, number>();
  peer.onRtp = ({ ssrc, sequence, atMs, ecn }) => {
    const ofStream = arrivals.get(ssrc) ?? new Map<number, Arrival>();
    arrivals.set(ssrc, ofStream.set(sequence, { atMs, ecn }));
  };
  const report = (nowMs: number) => {
    const streams = [...arrivals].map(([ssrc, ofStream]) => {
      const firstSequence = next.get(ssrc) ?? Math.min(...ofStream.keys());
      const last = Math.max(...ofStream.keys());
      next.set(ssrc, last + 1);
      const packets = Array.from({ length: Math.max(0, last + 1 - firstSequence) }, (_, index): ReportedPacket | undefined => {
        const arrival = ofStream.get(firstSequence + index);
        return arrival && { ecn: arrival.ecn, arrivedBeforeMs: nowMs - arrival.atMs };
      });
      return { ssrc, firstSequence, packets };
    });
    arrivals.clear();
    if (streams.length > 0) peer.sendRtcp(nowMs, (out, offset) => writeCongestionFeedback(out, offset, 1, nowMs + 5_000_000, streams));
  };
  for (let afterMs = REPORT_EVERY_MS; afterMs < forMs; afterMs += REPORT_EVERY_MS) world.after(afterMs, report);
}
