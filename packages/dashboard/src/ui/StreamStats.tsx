import type { ReadingHistory } from '../stats/reading-history.ts';
import { bitrateReadout, durationReadout, frameRateReadout, lossReadout, pictureReadout } from '../stats/readout.ts';
import type { StreamReading } from '../stats/stream-reading.ts';
import { Figure } from './Figure.tsx';
import { Sparkline } from './Sparkline.tsx';

interface StreamStatsProps {
  readonly reading: StreamReading | undefined;
  readonly bitrates: ReadingHistory;
}

/** The figures of one received picture, the same six in the same places whether they are known or not. */
export function StreamStats({ reading, bitrates }: StreamStatsProps) {
  return (
    <div className="stream-stats">
      <Sparkline history={bitrates} />
      <dl className="figures">
        <Figure label="Bitrate" readout={bitrateReadout(reading?.bitrateBps)} title="Received in the last second" />
        <Figure label="Picture" readout={pictureReadout(reading?.widthPixels, reading?.heightPixels)} title={reading?.codec ?? ''} />
        <Figure label="Rate" readout={frameRateReadout(reading?.framesPerSecond)} title="Frames decoded in the last second" />
        <Figure label="Loss" readout={lossReadout(reading?.lossRatio)} title="Packets of the last second that did not arrive" />
        <Figure label="Jitter" readout={durationReadout(reading?.jitterMs)} title="Variation of the packets' travel time" />
        <Figure label="Round trip" readout={durationReadout(reading?.roundTripMs)} title="Between this page and the node" />
      </dl>
    </div>
  );
}
