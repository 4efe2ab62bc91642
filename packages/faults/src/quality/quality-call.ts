/** A call over difficult paths, through any SFU, with one publisher and one viewer, each behind a path of its own. */
import type { TestPage } from '@causeway/e2e';
import type { SeenFrame, SoundFigures } from './figures.ts';
import type { NarrowAccess } from './narrow-access.ts';

/** The picture that the publisher sends. */
export const CAMERA = { width: 960, height: 540, framesPerSecond: 25 } as const;

/** Its layers, with bitrates in bits per second. */
export const LAYERS = [
  { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 600_000 },
  { rid: 'f', maxBitrate: 1_750_000 },
] as const;

export interface CallViewer {
  /** When the viewer asked for the tracks, in milliseconds since 1970. */
  readonly askedAtMs: number;
  /** All frames so far, by track. */
  frames(): Promise<readonly (readonly SeenFrame[])[]>;
  /** Payload bytes that have arrived on all media lines so far, including retransmitted ones. */
  bytesReceived(): Promise<number>;
  sound(): Promise<SoundFigures>;
  pass(seconds: number): Promise<void>;
}

export interface QualityCall {
  readonly publisherAccess: NarrowAccess;
  readonly viewerAccess: NarrowAccess;
  /** Undefined unless the call is traced. */
  readonly trace: { note(what: string): void } | undefined;
  /** Publishes cameras. @param tracks how many; default: 1 */
  publish(tracks?: number): Promise<void>;
  /** Waits until every layer of the picture is sent in its full size, for which a busy browser takes its time. */
  sendsAllLayers(): Promise<void>;
  /** Lets a viewer join and watch everything. */
  watch(): Promise<CallViewer>;
  close(): Promise<void>;
}

/** Returns what a page has played so far. @param connection its peer connection, as an expression */
export async function readSound(page: TestPage, connection: string): Promise<SoundFigures> {
  const stats = await page.evaluateText(`${connection}.getStats().then((report) => {
    const audio = [...report.values()].find(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio') ?? {};
    const { totalSamplesReceived = 0, concealedSamples = 0, silentConcealedSamples = 0, jitterBufferDelay = 0, jitterBufferEmittedCount = 0 } = audio;
    return {
      samples: totalSamplesReceived,
      concealed: concealedSamples - silentConcealedSamples,
      bufferedSeconds: jitterBufferDelay,
      emitted: jitterBufferEmittedCount,
    };
  })`);
  return stats as SoundFigures;
}
