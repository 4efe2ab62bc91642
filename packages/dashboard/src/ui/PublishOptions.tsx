import type { PublishChoice } from '../console/publishing.ts';
import type { SourceKind } from '../sources/local-source.ts';

const SIZES = [
  { widthPixels: 640, heightPixels: 360 },
  { widthPixels: 1280, heightPixels: 720 },
  { widthPixels: 1920, heightPixels: 1080 },
] as const;

export const FIRST_CHOICE: PublishChoice = { source: 'camera', size: SIZES[1], isSimulcast: false };

interface PublishOptionsProps {
  readonly choice: PublishChoice;
  readonly isBusy: boolean;
  readonly onChange: (choice: PublishChoice) => void;
  readonly onStart: () => void;
}

/** What to publish and how. */
export function PublishOptions({ choice, isBusy, onChange, onStart }: PublishOptionsProps) {
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
            <span className="sr-only">Picture size</span>
            <select value={choice.size.heightPixels} onChange={(event) => choose({ size: sizeOf(event.target.value) })}>
              {SIZES.map(({ widthPixels, heightPixels }) => (
                <option key={heightPixels} value={heightPixels}>
                  {widthPixels} × {heightPixels}
                </option>
              ))}
            </select>
          </label>
          <label className="checkbox" title="Sends the picture in three sizes; each viewer gets the one that fits">
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
