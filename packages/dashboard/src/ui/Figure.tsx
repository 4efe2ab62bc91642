import type { Readout } from '../stats/readout.ts';

interface FigureProps {
  readonly label: string;
  readonly readout: Readout;
  /** Longer explanation, shown on hover. */
  readonly title?: string;
}

/** One measured value under its name. Lives in a `<dl>`. */
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
