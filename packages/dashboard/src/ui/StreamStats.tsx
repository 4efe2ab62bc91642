import { useEffect, useRef } from 'react';
import { HISTORY_LENGTH, type ReadingHistory, sparklinePoints } from '../stats/reading-history.ts';
import { bitrateReadout, durationReadout, frameRateReadout, lossReadout, pictureReadout, type Readout } from '../stats/readout.ts';
import type { StreamReading } from '../stats/stream-reading.ts';

interface StreamStatsProps {
  readonly reading: StreamReading | undefined;
  readonly bitrates: ReadingHistory;
}

/** The figures of one received video track. All six keep their places, whether or not they are known. */
export function StreamStats({ reading, bitrates }: StreamStatsProps) {
  return (
    <div className="stream-stats">
      <Sparkline history={bitrates} />
      <dl className="figures">
        <Figure label="Bitrate" readout={bitrateReadout(reading?.bitrateBps)} title="Received in the last second" />
        <Figure label="Size" readout={pictureReadout(reading?.widthPixels, reading?.heightPixels)} title={reading?.codec ?? ''} />
        <Figure label="Frame rate" readout={frameRateReadout(reading?.framesPerSecond)} title="Frames decoded in the last second" />
        <Figure label="Loss" readout={lossReadout(reading?.lossRatio)} title="Packets lost in the last second" />
        <Figure label="Jitter" readout={durationReadout(reading?.jitterMs)} title="Variation in packet arrival times" />
        <Figure label="Round trip" readout={durationReadout(reading?.roundTripMs)} title="Between this page and the node" />
      </dl>
    </div>
  );
}

interface SoundStatsProps {
  readonly reading: StreamReading | undefined;
  readonly readLevel: () => number | undefined;
}

/** The figures of one received audio track, on one line. */
export function SoundStats({ reading, readLevel }: SoundStatsProps) {
  return (
    <div className="sound-stats">
      <span className="sound-name">Audio</span>
      <LevelMeter readLevel={readLevel} />
      <Value readout={bitrateReadout(reading?.bitrateBps)} title="Audio bitrate" />
      <Value readout={lossReadout(reading?.lossRatio)} title="Audio packet loss" />
      <Value readout={durationReadout(reading?.jitterMs)} title="Audio jitter" />
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

interface FigureProps {
  readonly label: string;
  readonly readout: Readout;
  /** Longer explanation, shown on hover. */
  readonly title?: string;
}

/** One measured value under its name, for use in a `<dl>`. */
export function Figure({ label, readout, title }: FigureProps) {
  return (
    <div className="figure" title={title}>
      <dt>{label}</dt>
      <dd>
        {readout.figure}
        {readout.unit !== '' && <span className="unit"> {readout.unit}</span>}
      </dd>
    </div>
  );
}

const WIDTH = HISTORY_LENGTH * 4;
const HEIGHT = 24;

/** The last minute of a figure, newest at the right. */
export function Sparkline({ history }: { readonly history: ReadingHistory }) {
  const points = sparklinePoints(history, WIDTH, HEIGHT - 1);
  const begin = points.slice(0, points.indexOf(','));
  return (
    <svg className="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {points !== '' && (
        <>
          <polygon points={`${begin},${HEIGHT} ${points} ${WIDTH},${HEIGHT}`} />
          <polyline points={points} />
        </>
      )}
    </svg>
  );
}

/** Programme-meter ballistics: up at once, down 20 dB in 1.7 s, so that short peaks can be read. @see IEC 60268-10 */
const FALL_DB_PER_SECOND = 20 / 1.7;
const FLOOR_DB = -50;
const INTERVAL_MS = 66;

interface LevelMeterProps {
  /** Loudness now: 0 to 1, undefined while nothing arrives. */
  readonly readLevel: () => number | undefined;
}

/**
 * The loudness of an audio track on a scale of 50 dB. It updates the DOM directly, because rendering 15 times a second would be wasteful.
 */
function LevelMeter({ readLevel }: LevelMeterProps) {
  const bar = useRef<HTMLSpanElement>(null);

  useEffect(() => {
    let shownDb = FLOOR_DB;
    const timer = setInterval(() => {
      const level = readLevel() ?? 0;
      const levelDb = level > 0 ? Math.max(20 * Math.log10(level), FLOOR_DB) : FLOOR_DB;
      shownDb = Math.max(levelDb, shownDb - (FALL_DB_PER_SECOND * INTERVAL_MS) / 1000, FLOOR_DB);
      if (bar.current !== null) bar.current.style.transform = `scaleX(${(1 - shownDb / FLOOR_DB).toFixed(3)})`;
    }, INTERVAL_MS);
    return () => clearInterval(timer);
  }, [readLevel]);

  return (
    <span className="level-meter" aria-hidden="true">
      <span ref={bar} />
    </span>
  );
}
