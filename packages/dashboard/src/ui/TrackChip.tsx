import type { PublishedDataChannelResult, TrackSummary } from '@causeway/protocol';
import { Icon } from './Icon.tsx';

interface TrackChipProps {
  readonly track: TrackSummary;
  readonly isWatched: boolean;
  readonly onToggle: () => void;
}

const STATUS_TEXT = { active: 'on air', pending: 'no media yet', inactive: 'silent' } as const;

/** One published track; a click watches it alone, another one closes it. */
export function TrackChip({ track, isWatched, onToggle }: TrackChipProps) {
  const { trackKind, customTrackName, trackId, status, codec, rids } = track;
  const name = customTrackName === '' ? trackKind : customTrackName;
  return (
    <button
      type="button"
      className="track-chip"
      aria-pressed={isWatched}
      data-status={status}
      title={`${STATUS_TEXT[status] ?? status} · ${trackId}`}
      onClick={onToggle}
    >
      <Icon name={trackKind === 'video' ? 'camera' : 'microphone'} />
      <span className="track-name">{name}</span>
      <span className="track-facts">
        {codec}
        {(rids?.length ?? 0) > 1 && ` · ${rids.length} layers`}
        {status !== 'active' && ` · ${STATUS_TEXT[status] ?? status}`}
      </span>
    </button>
  );
}

/** One published data channel, with what makes it different from a reliable one. */
export function ChannelChip({ channel }: { readonly channel: PublishedDataChannelResult }) {
  const { dataChannelName, status, ordered, maxRetransmits, maxPacketLifeTime, retain, bus } = channel;
  const facts = [
    'data',
    ordered === false && 'unordered',
    maxRetransmits !== undefined && `${maxRetransmits} retransmissions`,
    maxPacketLifeTime !== undefined && `${maxPacketLifeTime} ms`,
    retain !== undefined && retain !== 'none' && `retains ${retain}`,
    bus === true && 'bus',
    status === 'pending' && 'not open yet',
  ].filter((fact) => fact !== false);
  return (
    <span className="channel-chip">
      <span className="track-name">{dataChannelName}</span>
      <span className="track-facts">{facts.join(' · ')}</span>
    </span>
  );
}
