import { useEffect, useState } from 'react';
import type { PublishChoice } from '../console/publishing.ts';
import type { SourceKind } from '../sources/local-source.ts';
import { hasCaptureDevice } from '../sources/open-camera.ts';

const SIZES = [
  { widthPixels: 640, heightPixels: 360 },
  { widthPixels: 1280, heightPixels: 720 },
  { widthPixels: 1920, heightPixels: 1080 },
] as const;

interface PublishOptionsProps {
  readonly isBusy: boolean;
  readonly onStart: (choice: PublishChoice) => void;
}

/** What to publish and how. */
export function PublishOptions({ isBusy, onStart }: PublishOptionsProps) {
  const [source, setSource] = useState<SourceKind>('camera');
  const [height, setHeight] = useState<number>(720);
  const [isSimulcast, setSimulcast] = useState(false);
  const size = SIZES.find(({ heightPixels }) => heightPixels === height) ?? SIZES[1];

  useEffect(() => {
    let isStale = false;
    hasCaptureDevice()
      .catch(() => false)
      .then((hasDevice) => {
        if (!hasDevice && !isStale) setSource('test-picture');
      });
    return () => {
      isStale = true;
    };
  }, []);

  return (
    <form
      className="publish-options"
      onSubmit={(event) => {
        event.preventDefault();
        onStart({ source, size, isSimulcast });
      }}
    >
      <fieldset disabled={isBusy}>
        <legend className="sr-only">Source</legend>
        <div className="segments">
          <SourceOption value="camera" chosen={source} onChoose={setSource} label="Camera" />
          <SourceOption value="test-picture" chosen={source} onChoose={setSource} label="Test picture" />
        </div>
        <div className="option-row">
          <label>
            <span className="sr-only">Picture size</span>
            <select value={height} onChange={(event) => setHeight(Number(event.target.value))}>
              {SIZES.map(({ widthPixels, heightPixels }) => (
                <option key={heightPixels} value={heightPixels}>
                  {widthPixels} × {heightPixels}
                </option>
              ))}
            </select>
          </label>
          <label className="checkbox" title="Sends the picture in three sizes; each viewer gets the one that fits">
            <input type="checkbox" checked={isSimulcast} onChange={(event) => setSimulcast(event.target.checked)} />
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
