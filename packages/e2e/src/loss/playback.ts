/** What a viewer sees of a track for a while: frames, freezes, and the cost of repairing losses. */
import type { Participant } from '../call/participant.ts';

export interface Playback {
  readonly seconds: number;
  readonly framesDecoded: number;
  readonly keyFramesDecoded: number;
  readonly freezeCount: number;
  /** Includes the time since the last frame if that is long, because the browser counts a freeze only when it has ended. */
  readonly frozenMs: number;
  /** Freezes that ended within the same quarter of a second are added up. */
  readonly longestFreezeMs: number;
  readonly packetsReceived: number;
  readonly packetsRepaired: number;
  readonly nackCount: number;
  readonly pliCount: number;
}

/** Measures what a media line receives for the given time. */
export function watchPlayback({ page, name }: Participant, mid: string, seconds: number): Promise<Playback> {
  return page.evaluate(
    async ({ name, mid, seconds }) => {
      const lookEveryMs = 250;
      const read = async () => {
        const stream = (await kit.readInbound(kit.peer(name).connection)).find((candidate) => candidate.mid === mid);
        if (stream === undefined) throw new Error(`${name} receives nothing on mid ${mid}`);
        return stream;
      };
      const before = await read();
      const startedAtMs = performance.now();
      let last = before;
      let longestFreezeMs = 0;
      let lastFrameAtMs = startedAtMs;
      while (performance.now() - startedAtMs < seconds * 1000) {
        await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
        const now = await read();
        longestFreezeMs = Math.max(longestFreezeMs, now.frozenMs - last.frozenMs);
        if (now.framesDecoded > last.framesDecoded) lastFrameAtMs = performance.now();
        last = now;
      }
      const stillMs = performance.now() - lastFrameAtMs;
      const openFreezeMs = stillMs > 2 * lookEveryMs ? stillMs : 0;
      return {
        seconds: (performance.now() - startedAtMs) / 1000,
        framesDecoded: last.framesDecoded - before.framesDecoded,
        keyFramesDecoded: last.keyFramesDecoded - before.keyFramesDecoded,
        freezeCount: last.freezeCount - before.freezeCount,
        frozenMs: last.frozenMs - before.frozenMs + openFreezeMs,
        longestFreezeMs: Math.max(longestFreezeMs, openFreezeMs),
        packetsReceived: last.packetsReceived - before.packetsReceived,
        packetsRepaired: last.packetsRepaired - before.packetsRepaired,
        nackCount: last.nackCount - before.nackCount,
        pliCount: last.pliCount - before.pliCount,
      };
    },
    { name, mid, seconds },
  );
}
