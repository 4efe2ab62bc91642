import { useConsole, useStore } from './console-context.ts';

export type View = 'publish' | 'sessions' | 'watch';

interface ViewTabsProps {
  readonly view: View;
  readonly watchedCount: number;
  readonly onChoose: (view: View) => void;
}

/** Switches between the views where the screen has room for one only. */
export function ViewTabs({ view, watchedCount, onChoose }: ViewTabsProps) {
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
