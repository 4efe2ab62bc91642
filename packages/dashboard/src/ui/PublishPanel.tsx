import { useEffect, useMemo, useState } from 'react';
import type { PublishChoice, PublishingState } from '../console/publishing.ts';
import { hasCaptureDevice } from '../sources/open-camera.ts';
import { useConsole, useStore } from './console-context.ts';
import { TestCard } from './Icon.tsx';
import { LiveControls } from './LiveControls.tsx';
import { MediaView } from './MediaView.tsx';
import { FIRST_CHOICE, PublishOptions } from './PublishOptions.tsx';

/** This page's own publication: preview, options before, figures and controls during. */
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
        <MediaView tracks={tracks} isMuted isMirrored={source?.kind === 'camera'} label="What this page sends" />
      ) : (
        <TestCard />
      )}
      {isCameraOff && <p className="caption">Picture off</p>}
      {source !== undefined && tracks.length === 0 && <p className="caption">Sound only</p>}
    </div>
  );
}
