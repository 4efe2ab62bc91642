/** Everything the page does, without its user interface: the parts, and how they notify each other. */
import type { Clock, SfuApi } from '@causeway/client';
import { createDirectory, type Directory } from './directory.ts';
import { createLink, type Link, type LinkOptions } from './link.ts';
import { createMeter, type Meter } from './meter.ts';
import { createNotices, type Notices } from './notices.ts';
import { createPublishing, type Publishing, type PublishingOptions } from './publishing.ts';
import { createWatching, type Watching } from './watching.ts';

export interface Console {
  readonly link: Link;
  readonly publishing: Publishing;
  readonly watching: Watching;
  readonly directory: Directory;
  readonly meter: Meter;
  readonly notices: Notices;
  /** Stops what is only displayed while the page is hidden. */
  setVisible(isVisible: boolean): void;
}

export interface ConsoleOptions extends LinkOptions, Pick<PublishingOptions, 'openSource' | 'layersOf' | 'labelOf'> {
  readonly clock: Clock;
}

export function createConsole(options: ConsoleOptions): Console {
  const notices = createNotices();
  const link = createLink(options);
  const session = () => link.session();
  const watching = createWatching({ session, notices });
  const isWatched = (sessionId: string) => watching.list.read().some(({ remoteSessionId }) => remoteSessionId === sessionId);
  const directory = createDirectory({ api: currentApiOf(link), clock: options.clock, isWatched });
  const publishing = createPublishing({ ...options, session, notices, onChange: () => directory.refresh() });
  const meter = createMeter(options.clock);

  directory.state.subscribe(() => {
    const listing = directory.state.read();
    watching.handleDirectory(listing);
    const own = link.session();
    if (own !== undefined && listing.phase === 'current' && !listing.sessions.some(({ sessionId }) => sessionId === own.sessionId)) {
      // If the session has ended, the link reports why. Otherwise, the listing was older than the session.
      own.verify().catch(() => undefined);
    }
  });
  followSession({ link, publishing, watching, directory, meter });

  return {
    link,
    publishing,
    watching,
    directory,
    meter,
    notices,
    setVisible(isVisible) {
      if (!isVisible) directory.stop();
      else if (link.session() !== undefined) directory.start();
    },
  };
}

type Parts = Pick<Console, 'link' | 'publishing' | 'watching' | 'directory' | 'meter'>;

/** A new session takes over the publications and subscriptions of the lost one. After signing out there are none. */
function followSession({ link, publishing, watching, directory, meter }: Parts): void {
  let followed = link.session();
  let stopMeter: (() => void) | undefined;
  link.state.subscribe(() => {
    const session = link.session();
    if (session !== followed) {
      followed = session;
      stopMeter?.();
      directory.stop();
      if (session !== undefined) {
        stopMeter = meter.start(session);
        directory.start();
        void publishing.resume();
        void watching.resume();
      }
    }
    if (link.state.read().phase === 'signed-out') {
      publishing.reset();
      watching.reset();
      directory.reset();
    }
  });
}

/** The API of the app that the link is connected to. */
function currentApiOf(link: Link): Pick<SfuApi, 'listSessions' | 'listTracks' | 'listDataChannels' | 'events'> {
  const current = () => {
    const api = link.api();
    if (api === undefined) throw new Error('Not connected to any app.');
    return api;
  };
  return {
    listSessions: async (query, signal) => current().listSessions(query, signal),
    listTracks: async (sessionId, signal) => current().listTracks(sessionId, signal),
    listDataChannels: async (sessionId, signal) => current().listDataChannels(sessionId, signal),
    events: (request) => current().events(request),
  };
}
