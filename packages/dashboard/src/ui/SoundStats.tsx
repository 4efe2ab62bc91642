import { bitrateReadout, durationReadout, lossReadout, type Readout } from '../stats/readout.ts';
import type { StreamReading } from '../stats/stream-reading.ts';
import { LevelMeter } from './LevelMeter.tsx';

interface SoundStatsProps {
  readonly reading: StreamReading | undefined;
  readonly readLevel: () => number | undefined;
}

/** The figures of one received sound, on one line. */
export function SoundStats({ reading, readLevel }: SoundStatsProps) {
  return (
    <div className="sound-stats">
      <span className="sound-name">Sound</span>
      <LevelMeter readLevel={readLevel} />
      <Value readout={bitrateReadout(reading?.bitrateBps)} title="Bitrate of the sound" />
      <Value readout={lossReadout(reading?.lossRatio)} title="Packets of the sound that did not arrive" />
      <Value readout={durationReadout(reading?.jitterMs)} title="Jitter of the sound" />
    </div>
  );
}

function Value({ readout, title }: { readonly readout: Readout; readonly title: string }) {
  return (
    <span className="value" title={title}>
      {readout.figure}
      <span className="unit"> {readout.unit}</span>
    </span>
  );
}
