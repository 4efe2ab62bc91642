/** A call of two Chromium tabs through a daemon whose port loses datagrams in both directions. */
import { openStage, type Stage } from '../call/stage.ts';
import { type LossCounts, loseDatagrams } from './lossy-port.ts';
import { type Playback, watchPlayback } from './playback.ts';

export interface LossyCallReport {
  readonly playback: Playback;
  /** What the publisher sent in that time, retransmissions included. */
  readonly sentBps: number;
  readonly publisherNackCount: number;
  readonly publisherPliCount: number;
  readonly dropped: LossCounts;
}

export interface LossyCallOptions {
  /** Share of the datagrams, 0 to 1. */
  readonly loss: number;
  readonly seconds: number;
}

/** The loss begins before the participants join, and the measurement when the first frames have been decoded. */
export async function holdLossyCall(options: LossyCallOptions): Promise<LossyCallReport> {
  const stage = await openStage();
  const port = loseDatagrams(stage.daemon.udpPort, options.loss);
  try {
    return await holdCall(stage, options, () => port.readCounts());
  } finally {
    port.heal();
    await stage.close();
  }
}

async function holdCall(stage: Stage, { seconds }: LossyCallOptions, readCounts: () => LossCounts): Promise<LossyCallReport> {
  const alice = await stage.join('alice');
  const bob = await stage.join('bob');
  const [track] = await alice.publish({ media: { kind: 'camera' } }, { media: { kind: 'microphone' } });
  if (track === undefined) throw new Error('alice published nothing');
  const mid = await bob.watch(track);
  await bob.decodesVideo(mid);
  const readSent = async () => (await alice.readOutbound()).find((stream) => stream.mid === track.mid);
  const [sentBefore, droppedBefore] = [await readSent(), readCounts()];
  const playback = await watchPlayback(bob, mid, seconds);
  const [sentAfter, droppedAfter] = [await readSent(), readCounts()];
  if (sentBefore === undefined || sentAfter === undefined) throw new Error('alice sends nothing');
  return {
    playback,
    sentBps: ((sentAfter.bytesSent - sentBefore.bytesSent) * 8) / playback.seconds,
    publisherNackCount: sentAfter.nackCount - sentBefore.nackCount,
    publisherPliCount: sentAfter.pliCount - sentBefore.pliCount,
    dropped: {
      toPort: droppedAfter.toPort - droppedBefore.toPort,
      fromPort: droppedAfter.fromPort - droppedBefore.fromPort,
    },
  };
}
