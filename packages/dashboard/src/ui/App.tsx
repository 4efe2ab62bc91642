import { useState } from 'react';
import type { Credentials } from '../console/credentials.ts';
import { errorText } from '../console/error-text.ts';
import type { LinkState } from '../console/link.ts';
import { tilesOf } from '../console/tiles.ts';
import { bitrateReadout, durationReadout, shortId } from '../stats/readout.ts';
import { ConnectForm } from './ConnectForm.tsx';
import { useConsole, useStore } from './console-context.ts';
import { Icon, Mark } from './Icon.tsx';
import { PublishPanel } from './PublishPanel.tsx';
import { QuickStartPanel } from './QuickStartPanel.tsx';
import { SessionList } from './SessionList.tsx';
import { Figure } from './StreamStats.tsx';
import { WatchGrid } from './WatchGrid.tsx';

export function App({ prefilled }: { readonly prefilled: Partial<Credentials> }) {
  const { link } = useConsole();
  const linkState = useStore(link.state);
  if (linkState.phase === 'signed-out') return <ConnectForm prefilled={prefilled} failure={linkState.failure} isBusy={false} />;
  if (linkState.phase === 'signing-in') return <ConnectForm prefilled={prefilled} failure={undefined} isBusy />;
  return <ConsolePage linkState={linkState} />;
}

type InConsole = Extract<LinkState, { session: unknown }>;

/** Everything behind the sign-in form. Narrow screens show one view at a time, others all at once. */
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

/** Says that the session has ended, why, and how to continue. */
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

/** Failures that have not been dismissed, overlaid in a corner so that nothing moves when one appears. */
function NoticeList() {
  const { notices } = useConsole();
  const list = useStore(notices.list);
  return (
    <div role="status">
      <ul className="notices">
        {list.map(({ id, title, detail }) => (
          <li key={id} className="notice">
            <div>
              <strong>{title}</strong>
              {detail !== '' && <span className="detail">{detail}</span>}
            </div>
            <button type="button" className="icon-button" onClick={() => notices.dismiss(id)}>
              <Icon name="close" />
              <span className="sr-only">Dismiss: {title}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

type View = 'publish' | 'sessions' | 'watch';

interface ViewTabsProps {
  readonly view: View;
  readonly watchedCount: number;
  readonly onChoose: (view: View) => void;
}

/** Switches between the views on screens with room for only one. */
function ViewTabs({ view, watchedCount, onChoose }: ViewTabsProps) {
  const { publishing, directory } = useConsole();
  const isLive = useStore(publishing.state).phase === 'live';
  const sessionCount = useStore(directory.state).sessions.length;
  const tabs: readonly { readonly view: View; readonly label: string; readonly mark: string }[] = [
    { view: 'publish', label: 'Publish', mark: isLive ? 'live' : '' },
    { view: 'sessions', label: 'Sessions', mark: sessionCount.toString() },
    { view: 'watch', label: 'Watch', mark: watchedCount === 0 ? '' : watchedCount.toString() },
  ];
  return (
    <nav className="view-tabs" aria-label="Views">
      {tabs.map((tab) => (
        <button key={tab.view} type="button" aria-current={tab.view === view ? 'page' : undefined} onClick={() => onChoose(tab.view)}>
          {tab.label}
          <span className="mark-text" data-live={(tab.view === 'publish' && isLive) || undefined}>
            {tab.mark}
          </span>
        </button>
      ))}
    </nav>
  );
}

interface TopBarProps {
  readonly linkState: InConsole;
  readonly onQuickStart: () => void;
}

/** Shows where the page is connected, and the quality of the connection. */
function TopBar({ linkState, onQuickStart }: TopBarProps) {
  const { link, meter } = useConsole();
  const { transport } = useStore(meter.state).readings;
  return (
    <header className="top-bar">
      <h1 className="brand">
        <Mark />
        <span>Causeway</span>
      </h1>
      <p className="place">
        <span>{window.location.host}</span>
        <span className="id" title="App ID">
          {linkState.door.credentials.appId}
        </span>
      </p>
      <p className="link-state" data-state={stateOf(linkState)} role="status" title={linkState.session.sessionId}>
        <span className="state-dot" aria-hidden="true" />
        {STATE_TEXT[stateOf(linkState)]}
        <span className="id">{shortId(linkState.session.sessionId)}</span>
      </p>
      <dl className="transport">
        <Figure label="Round trip" readout={durationReadout(transport.roundTripMs)} />
        <Figure label="Received" readout={bitrateReadout(transport.receivedBps)} />
        <Figure label="Sent" readout={bitrateReadout(transport.sentBps)} />
      </dl>
      <nav>
        <button type="button" className="button" onClick={onQuickStart}>
          <Icon name="code" />
          <span className="button-label">Quick start</span>
        </button>
        <button type="button" className="button" onClick={() => void link.leave()}>
          <Icon name="leave" />
          <span className="button-label">Leave</span>
        </button>
      </nav>
    </header>
  );
}

const STATE_TEXT = {
  connecting: 'Connecting',
  connected: 'Connected',
  interrupted: 'Interrupted',
  lost: 'Lost',
} as const;

function stateOf(linkState: InConsole): keyof typeof STATE_TEXT {
  if (linkState.phase !== 'open') return 'lost';
  const { phase } = linkState.sessionState;
  return phase === 'left' ? 'lost' : phase;
}
