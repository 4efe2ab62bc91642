import { useCallback, useMemo, useState } from 'react';
import type { ConsoleSession } from '../console/console-session.ts';
import { writeFragment } from '../console/credentials.ts';
import type { ListedSession } from '../console/directory.ts';
import { type Tile, tilesOf, watchedOf } from '../console/tiles.ts';
import type { Watched } from '../console/watching.ts';
import { shortId } from '../stats/readout.ts';
import { useConsole, useStore } from './console-context.ts';
import { Icon, TestCard } from './Icon.tsx';
import { MediaView } from './MediaView.tsx';
import { SoundStats, StreamStats } from './StreamStats.tsx';

/** All tiles, or instructions if there are none. */
export function WatchGrid({ session }: { readonly session: ConsoleSession }) {
  const { watching, directory } = useConsole();
  const tiles = tilesOf(useStore(watching.list));
  const { sessions } = useStore(directory.state);

  if (tiles.length === 0) return <NothingWatched sessions={sessions} ownSessionId={session.sessionId} />;
  return (
    <div className="watch-grid" data-tiles={Math.min(tiles.length, 5)}>
      {tiles.map((tile) => (
        <TrackTile key={tile.id} tile={tile} isOwn={tile.sessionId === session.sessionId} />
      ))}
    </div>
  );
}

interface NothingWatchedProps {
  readonly sessions: readonly ListedSession[];
  readonly ownSessionId: string;
}

function NothingWatched({ sessions, ownSessionId }: NothingWatchedProps) {
  const { link } = useConsole();
  const linkState = useStore(link.state);
  const fragment = 'door' in linkState ? writeFragment(linkState.door.credentials) : '';
  return (
    <div className="nothing">
      <TestCard />
      <h2>Nothing on screen</h2>
      <p>{hintFor(sessions, ownSessionId)}</p>
      <a className="button" href={fragment} target="_blank" rel="noopener">
        Open a second tab
        <Icon name="external" />
      </a>
    </div>
  );
}

function hintFor(sessions: readonly ListedSession[], ownSessionId: string): string {
  const publishing = sessions.filter(({ tracks }) => (tracks?.length ?? 0) > 0);
  if (publishing.some(({ sessionId }) => sessionId !== ownSessionId)) {
    return 'Choose Watch next to a session. Its video, audio and statistics appear here.';
  }
  return publishing.length > 0
    ? 'You are publishing. Open this page in a second tab to watch it there, or choose Watch next to your own session.'
    : 'No session is publishing yet. Open this page in a second tab, publish there, and watch it here.';
}

interface TrackTileProps {
  readonly tile: Tile;
  readonly isOwn: boolean;
}

/** One watched video with its audio and its figures. */
function TrackTile({ tile, isOwn }: TrackTileProps) {
  const { watching } = useConsole();
  // Own tracks are muted, because hearing oneself is an echo, and feedback with an open microphone.
  const [isMuted, setMuted] = useState(isOwn);
  const blockSound = useCallback(() => setMuted(true), []);
  const all = watchedOf(tile);
  const tracks = usePlayable(all);
  const title = tile.sessionName === '' ? shortId(tile.sessionId) : tile.sessionName;

  return (
    <article className="tile" data-state={stateOf(all)} aria-label={`Watching ${title}`}>
      <header className="tile-head">
        <h3 title={tile.sessionId}>
          {title}
          {tile.sessionName !== '' && <span className="id">{shortId(tile.sessionId)}</span>}
        </h3>
        {tile.video !== undefined && tile.video.rids.length > 1 && tile.video.state.phase === 'open' && <TileLayer video={tile.video} />}
        {tile.audio.length > 0 && <SoundSwitch isMuted={isMuted} onSwitch={() => setMuted(!isMuted)} />}
        <button type="button" className="icon-button" title="Stop watching" onClick={() => void watching.close(all)}>
          <Icon name="close" />
          <span className="sr-only">Stop watching {title}</span>
        </button>
      </header>
      <div className="screen">
        <MediaView tracks={tracks} isMuted={isMuted} label={title} onSoundBlocked={blockSound} />
        <TileCaption tile={tile} />
      </div>
      <TileFigures tile={tile} />
    </article>
  );
}

function SoundSwitch({ isMuted, onSwitch }: { readonly isMuted: boolean; readonly onSwitch: () => void }) {
  return (
    <button type="button" className="icon-button" aria-pressed={isMuted} title={isMuted ? 'Unmute' : 'Mute'} onClick={onSwitch}>
      <Icon name={isMuted ? 'soundOff' : 'sound'} />
      <span className="sr-only">Mute</span>
    </button>
  );
}

function TileLayer({ video }: { readonly video: Watched }) {
  const { watching } = useConsole();
  return <LayerChoice rids={video.rids} quality={video.quality} onChoose={(quality) => void watching.chooseLayer(video, quality)} />;
}

function TileCaption({ tile }: { readonly tile: Tile }) {
  const { meter } = useConsole();
  const { received } = useStore(meter.state).readings;
  const state = stateOf(watchedOf(tile));
  if (state === 'ended') return <p className="caption">The publisher has stopped.</p>;
  if (tile.video === undefined) return <p className="caption">Audio only</p>;
  const mid = midOf(tile.video);
  const hasPicture = mid !== undefined && received.get(mid)?.widthPixels !== undefined;
  return hasPicture ? null : <p className="caption">{state === 'opening' ? 'Subscribing…' : 'Waiting for the first frame…'}</p>;
}

function TileFigures({ tile }: { readonly tile: Tile }) {
  const { meter, link } = useConsole();
  const { readings, bitrates } = useStore(meter.state);
  const videoMid = midOf(tile.video);
  const audioMid = midOf(tile.audio[0]);
  const readLevel = useCallback(() => (audioMid === undefined ? undefined : link.session()?.audioLevel(audioMid)), [link, audioMid]);
  return (
    <footer className="tile-figures">
      {tile.video !== undefined && <StreamStats reading={at(readings.received, videoMid)} bitrates={at(bitrates, videoMid) ?? []} />}
      {tile.audio.length > 0 && <SoundStats reading={at(readings.received, audioMid)} readLevel={readLevel} />}
    </footer>
  );
}

/** Returns the tracks that can be played now, as the same array while the tracks are the same. */
function usePlayable(all: readonly Watched[]): readonly MediaStreamTrack[] {
  const tracks = all.flatMap(({ state }) => ('track' in state ? state.track : []));
  const key = tracks.map(({ id }) => id).join(' ');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the tracks, whose array is new in each render
  return useMemo(() => tracks, [key]);
}

function stateOf(all: readonly Watched[]): Watched['state']['phase'] {
  if (all.every(({ state }) => state.phase === 'ended')) return 'ended';
  return all.some(({ state }) => state.phase === 'open') ? 'open' : 'opening';
}

function midOf(watched: Watched | undefined): string | undefined {
  return watched !== undefined && 'mid' in watched.state ? watched.state.mid : undefined;
}

function at<Value>(byMid: ReadonlyMap<string, Value>, mid: string | undefined): Value | undefined {
  return mid === undefined ? undefined : byMid.get(mid);
}

const NAMES: Readonly<Record<string, string>> = { f: 'Full size', h: 'Half size', q: 'Quarter size' };

interface LayerChoiceProps {
  readonly rids: readonly string[];
  readonly quality: string;
  readonly onChoose: (quality: string) => void;
}

/** The choice of the simulcast layer to receive. */
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
