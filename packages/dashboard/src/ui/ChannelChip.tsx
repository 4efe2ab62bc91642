import type { PublishedDataChannelResult } from '@causeway/protocol';

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
