import type { LinkState } from '../console/link.ts';
import { bitrateReadout, durationReadout, shortId } from '../stats/readout.ts';
import { useConsole, useStore } from './console-context.ts';
import { Icon, Mark } from './Icon.tsx';
import { Figure } from './StreamStats.tsx';

type InConsole = Extract<LinkState, { session: unknown }>;

interface TopBarProps {
  readonly linkState: InConsole;
  readonly onQuickStart: () => void;
}

/** Where the page is connected, and how well. */
export function TopBar({ linkState, onQuickStart }: TopBarProps) {
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
        <span className="id" title="App id">
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
