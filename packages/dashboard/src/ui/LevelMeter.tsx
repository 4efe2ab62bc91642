import { useEffect, useRef } from 'react';

/** Programme-meter ballistics: up at once, down 20 dB in 1.7 s, so that short peaks can be read. @see IEC 60268-10 */
const FALL_DB_PER_SECOND = 20 / 1.7;
const FLOOR_DB = -50;
const INTERVAL_MS = 66;

interface LevelMeterProps {
  /** Loudness now: 0 to 1, undefined while nothing arrives. */
  readonly readLevel: () => number | undefined;
}

/** Loudness of a sound, on a scale of 50 dB. Moves by itself, past React, which has better things to do 15 times a second. */
export function LevelMeter({ readLevel }: LevelMeterProps) {
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
