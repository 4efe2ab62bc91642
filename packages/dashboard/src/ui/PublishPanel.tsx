import { useEffect, useMemo, useState } from 'react';
import type { PublishChoice, PublishingState } from '../console/publishing.ts';
import type { SourceKind } from '../sources/local-source.ts';
import { hasCaptureDevice } from '../sources/open-camera.ts';
import { bitrateReadout, durationReadout, frameRateReadout, lossReadout, pictureReadout } from '../stats/readout.ts';
import type { StreamReading } from '../stats/stream-reading.ts';
import { useConsole, useStore } from './console-context.ts';
import { Icon, TestCard } from './Icon.tsx';
import { MediaView } from './MediaView.tsx';

/** This page's own publication: options before it starts, then preview, figures and controls. */
export function PublishPanel() {
  const { publishing } = useConsole();
  const state = useStore(publishing.state);
  const [choice, setChoice] = useChoice();
  return (
    <section className="panel publish" aria-labelledby="publish-title">
      <header className="panel-head">
        <h2 id="publish-title">Publish</h2>
        <span className="tally" data-on={state.phase === 'live' || undefined}>
          {state.phase === 'live' ? 'On air' : 'Off air'}
        </span>
      </header>
      <Preview state={state} />
      {state.phase === 'live' ? (
        <LiveControls live={state} />
      ) : (
        <PublishOptions
          choice={choice}
          isBusy={state.phase !== 'idle'}
          onChange={setChoice}
          onStart={() => void publishing.start(choice)}
        />
      )}
    </section>
  );
}

/** Begins with the camera, or with the test picture on a machine without one. */
function useChoice() {
  const [choice, setChoice] = useState<PublishChoice>(FIRST_CHOICE);
  useEffect(() => {
    hasCaptureDevice()
      .catch(() => false)
      .then((hasDevice) => {
        if (!hasDevice) setChoice((current) => ({ ...current, source: 'test-picture' }));
      });
  }, []);
  return [choice, setChoice] as const;
}

function Preview({ state }: { readonly state: PublishingState }) {
  const source = 'source' in state ? state.source : undefined;
  const tracks = useMemo(() => source?.tracks.flatMap(({ track }) => (track.kind === 'video' ? track : [])) ?? [], [source]);
  const isCameraOff = state.phase === 'live' && state.isCameraOff;
  return (
    <div className="screen" data-off={isCameraOff || undefined}>
      {tracks.length > 0 ? (
        <MediaView tracks={tracks} isMuted isMirrored={source?.kind === 'camera'} label="Preview of your video" />
      ) : (
        <TestCard />
      )}
      {isCameraOff && <p className="caption">Video off</p>}
      {source !== undefined && tracks.length === 0 && <p className="caption">Audio only</p>}
    </div>
  );
}

type Live = Extract<PublishingState, { phase: 'live' }>;

/** The controls of a running publication, and figures of what is sent. */
function LiveControls({ live }: { readonly live: Live }) {
  const { publishing, meter } = useConsole();
  const { sent } = useStore(meter.state).readings;
  const has = (kind: 'audio' | 'video') => live.publications.some((publication) => publication.kind === kind);
  const streams = live.publications.flatMap(({ mid }) => sent.get(mid) ?? []);

  return (
    <div className="live-controls">
      <SentLayers streams={streams} />
      <div className="control-row">
        {has('audio') && (
          <button
            type="button"
            className="button"
            aria-pressed={live.isMicrophoneOff}
            onClick={() => publishing.setMicrophoneOff(!live.isMicrophoneOff)}
          >
            <Icon name={live.isMicrophoneOff ? 'microphoneOff' : 'microphone'} />
            {live.isMicrophoneOff ? 'Unmute' : 'Mute'}
          </button>
        )}
        {has('video') && (
          <button
            type="button"
            className="button"
            aria-pressed={live.isCameraOff}
            onClick={() => publishing.setCameraOff(!live.isCameraOff)}
          >
            <Icon name={live.isCameraOff ? 'cameraOff' : 'camera'} />
            {live.isCameraOff ? 'Video on' : 'Video off'}
          </button>
        )}
        <button type="button" className="button stop" onClick={() => void publishing.stop()}>
          Stop
        </button>
      </div>
    </div>
  );
}

const LIMIT_TEXT: Readonly<Record<string, string>> = {
  bandwidth: 'Limited by the network.',
  cpu: 'Limited by the CPU of this machine.',
};

/** The encodings that the page sends, one per line. */
function SentLayers({ streams }: { readonly streams: readonly StreamReading[] }) {
  const limitedBy = streams.find((stream) => stream.limitedBy !== undefined)?.limitedBy;
  return (
    <>
      <table className="sent-layers">
        <thead>
          <tr>
            <th scope="col">Sent</th>
            <th scope="col">Size</th>
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
      <p className="limit">{limitedBy === undefined ? '' : (LIMIT_TEXT[limitedBy] ?? `Limited by: ${limitedBy}.`)}</p>
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

/** The whole column has one unit, so that layers can be compared at a glance. */
function kilobits(bitrateBps: number | undefined): string {
  return bitrateBps === undefined ? bitrateReadout(undefined).figure : Math.round(bitrateBps / 1000).toString();
}

const SIZES = [
  { widthPixels: 640, heightPixels: 360 },
  { widthPixels: 1280, heightPixels: 720 },
  { widthPixels: 1920, heightPixels: 1080 },
] as const;

const FIRST_CHOICE: PublishChoice = { source: 'camera', size: SIZES[1], isSimulcast: false };

interface PublishOptionsProps {
  readonly choice: PublishChoice;
  readonly isBusy: boolean;
  readonly onChange: (choice: PublishChoice) => void;
  readonly onStart: () => void;
}

/** What to publish and how. */
function PublishOptions({ choice, isBusy, onChange, onStart }: PublishOptionsProps) {
  const choose = (change: Partial<PublishChoice>) => onChange({ ...choice, ...change });
  const chooseSource = (source: SourceKind) => choose({ source });
  return (
    <form
      className="publish-options"
      onSubmit={(event) => {
        event.preventDefault();
        onStart();
      }}
    >
      <fieldset disabled={isBusy}>
        <legend className="sr-only">Source</legend>
        <div className="segments">
          <SourceOption value="camera" chosen={choice.source} onChoose={chooseSource} label="Camera" />
          <SourceOption value="test-picture" chosen={choice.source} onChoose={chooseSource} label="Test picture" />
        </div>
        <div className="option-row">
          <label>
            <span className="sr-only">Resolution</span>
            <select value={choice.size.heightPixels} onChange={(event) => choose({ size: sizeOf(event.target.value) })}>
              {SIZES.map(({ widthPixels, heightPixels }) => (
                <option key={heightPixels} value={heightPixels}>
                  {widthPixels} × {heightPixels}
                </option>
              ))}
            </select>
          </label>
          <label className="checkbox" title="Sends the video in three resolutions; each viewer receives the one that fits">
            <input type="checkbox" checked={choice.isSimulcast} onChange={(event) => choose({ isSimulcast: event.target.checked })} />
            Simulcast, 3 layers
          </label>
        </div>
        <button type="submit" className="button primary wide">
          {isBusy ? 'Starting…' : 'Publish'}
        </button>
      </fieldset>
    </form>
  );
}

function sizeOf(height: string): PublishChoice['size'] {
  return SIZES.find(({ heightPixels }) => heightPixels.toString() === height) ?? FIRST_CHOICE.size;
}

interface SourceOptionProps {
  readonly value: SourceKind;
  readonly chosen: SourceKind;
  readonly label: string;
  readonly onChoose: (source: SourceKind) => void;
}

function SourceOption({ value, chosen, label, onChoose }: SourceOptionProps) {
  return (
    <label>
      <input type="radio" name="source" value={value} checked={value === chosen} onChange={() => onChoose(value)} />
      <span>{label}</span>
    </label>
  );
}
