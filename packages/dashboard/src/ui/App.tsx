import { useState } from 'react';
import type { Credentials } from '../console/credentials.ts';
import { errorText } from '../console/error-text.ts';
import type { LinkState } from '../console/link.ts';
import { tilesOf } from '../console/tiles.ts';
import { ConnectForm } from './ConnectForm.tsx';
import { useConsole, useStore } from './console-context.ts';
import { NoticeList } from './NoticeList.tsx';
import { PublishPanel } from './PublishPanel.tsx';
import { QuickStartPanel } from './QuickStartPanel.tsx';
import { SessionList } from './SessionList.tsx';
import { TopBar } from './TopBar.tsx';
import { type View, ViewTabs } from './ViewTabs.tsx';
import { WatchGrid } from './WatchGrid.tsx';

export function App({ prefilled }: { readonly prefilled: Partial<Credentials> }) {
  const { link } = useConsole();
  const linkState = useStore(link.state);
  if (linkState.phase === 'signed-out') return <ConnectForm prefilled={prefilled} failure={linkState.failure} isBusy={false} />;
  if (linkState.phase === 'signing-in') return <ConnectForm prefilled={prefilled} failure={undefined} isBusy />;
  return <ConsolePage linkState={linkState} />;
}

type InConsole = Extract<LinkState, { session: unknown }>;

/** Everything behind the sign-in form. On narrow screens one view at a time, otherwise all at once. */
export function ConsolePage({ linkState }: { readonly linkState: InConsole }) {
  const { watching } = useConsole();
  const tiles = tilesOf(useStore(watching.list));
  const [view, setView] = useState<View>('sessions');
  const [isQuickStartOpen, setQuickStartOpen] = useState(false);
  const { session, door } = linkState;

  return (
    <div className="console" data-view={view} data-lost={linkState.phase !== 'open' || undefined}>
      <TopBar linkState={linkState} onQuickStart={() => setQuickStartOpen(true)} />
      {linkState.phase !== 'open' && <LostBanner failure={linkState.failure} isReopening={linkState.phase === 'reopening'} />}
      <div className="views" inert={linkState.phase !== 'open'}>
        <aside className="side">
          <PublishPanel />
          <SessionList ownSessionId={session.sessionId} onWatched={() => setView('watch')} />
        </aside>
        <main className="watch">
          <h2 className="sr-only">Watching</h2>
          <WatchGrid session={session} />
        </main>
      </div>
      <ViewTabs view={view} watchedCount={tiles.length} onChoose={setView} />
      <NoticeList />
      {isQuickStartOpen && (
        <QuickStartPanel
          values={{ host: window.location.origin, ...door.credentials, stunUrl: stunUrl(session.mediaPort) }}
          onClose={() => setQuickStartOpen(false)}
        />
      )}
    </div>
  );
}

/** The node answers plain STUN on its media port; 3478 is STUN's own, for a node that did not say where it takes media. */
function stunUrl(mediaPort: number | undefined): string {
  return `stun:${window.location.hostname}:${mediaPort ?? 3478}`;
}

interface LostBannerProps {
  readonly failure: Error;
  readonly isReopening: boolean;
}

/** Says that the session is over, why, and how to go on. */
export function LostBanner({ failure, isReopening }: LostBannerProps) {
  const { link } = useConsole();
  const { title, detail } = errorText(failure);
  return (
    <div className="lost-banner" role="alert">
      <div>
        <strong>{title}</strong>
        {detail !== '' && <span className="detail">{detail}</span>}
      </div>
      <button type="button" className="button primary" disabled={isReopening} onClick={() => void link.reopen()}>
        {isReopening ? 'Reconnecting…' : 'Reconnect'}
      </button>
    </div>
  );
}
