import { useMemo } from 'react';
import type { PublishingState } from '../console/publishing.ts';
import { useConsole } from './console-context.ts';
import { LiveControls } from './LiveControls.tsx';
import { MediaView } from './MediaView.tsx';
import { PublishOptions } from './PublishOptions.tsx';
import { TestCard } from './TestCard.tsx';
import { useStore } from './use-store.ts';

/** This page's own publication: preview, options before, figures and controls during. */
export function PublishPanel() {
  const { publishing } = useConsole();
  const state = useStore(publishing.state);
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
        <PublishOptions isBusy={state.phase !== 'idle'} onStart={(choice) => void publishing.start(choice)} />
      )}
    </section>
  );
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
