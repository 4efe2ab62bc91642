import { bitrateReadout, durationReadout, frameRateReadout, lossReadout, pictureReadout } from '../stats/readout.ts';
import type { StreamReading } from '../stats/stream-reading.ts';

const LIMIT_TEXT: Readonly<Record<string, string>> = {
  bandwidth: 'The network allows no more at the moment.',
  cpu: 'This machine cannot encode more at the moment.',
};

/** What the page sends, one line for each encoding. */
export function SentLayers({ streams }: { readonly streams: readonly StreamReading[] }) {
  const limitedBy = streams.find((stream) => stream.limitedBy !== undefined)?.limitedBy;
  return (
    <>
      <table className="sent-layers">
        <thead>
          <tr>
            <th scope="col">Sent</th>
            <th scope="col">Picture</th>
            <th scope="col">fps</th>
            <th scope="col">kbit/s</th>
            <th scope="col">Loss</th>
            <th scope="col">RTT</th>
          </tr>
        </thead>
        <tbody>
          {streams.map((stream) => (
            <SentLayer key={`${stream.mid}/${stream.rid ?? ''}`} stream={stream} />
          ))}
        </tbody>
      </table>
      <p className="limit">{limitedBy === undefined ? '' : (LIMIT_TEXT[limitedBy] ?? `Limited by: ${limitedBy}`)}</p>
    </>
  );
}

function SentLayer({ stream }: { readonly stream: StreamReading }) {
  const name = stream.rid === undefined ? (stream.codec ?? stream.kind) : `${stream.codec ?? stream.kind} ${stream.rid}`;
  const isVideo = stream.kind === 'video';
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{isVideo ? pictureReadout(stream.widthPixels, stream.heightPixels).figure : ''}</td>
      <td>{isVideo ? frameRateReadout(stream.framesPerSecond).figure : ''}</td>
      <td>{kilobits(stream.bitrateBps)}</td>
      <td>{lossReadout(stream.lossRatio).figure}</td>
      <td>{durationReadout(stream.roundTripMs).figure}</td>
    </tr>
  );
}

/** One unit for the whole column, so that layers can be compared at a glance. */
function kilobits(bitrateBps: number | undefined): string {
  return bitrateBps === undefined ? bitrateReadout(undefined).figure : Math.round(bitrateBps / 1000).toString();
}
