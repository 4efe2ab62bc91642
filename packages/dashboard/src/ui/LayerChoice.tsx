const NAMES: Readonly<Record<string, string>> = { f: 'Full size', h: 'Half size', q: 'Quarter size' };

interface LayerChoiceProps {
  readonly rids: readonly string[];
  readonly quality: string;
  readonly onChoose: (quality: string) => void;
}

/** Which simulcast layer to receive. */
export function LayerChoice({ rids, quality, onChoose }: LayerChoiceProps) {
  return (
    <select className="layer-choice" aria-label="Layer to receive" value={quality} onChange={(event) => onChoose(event.target.value)}>
      <option value="auto">Automatic layer</option>
      {rids.map((rid) => (
        <option key={rid} value={rid}>
          {NAMES[rid] === undefined ? `Layer ${rid}` : `${NAMES[rid]} (${rid})`}
        </option>
      ))}
    </select>
  );
}
