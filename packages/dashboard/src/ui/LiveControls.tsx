import type { PublishingState } from '../console/publishing.ts';
import { useConsole, useStore } from './console-context.ts';
import { Icon } from './Icon.tsx';
import { SentLayers } from './SentLayers.tsx';

type Live = Extract<PublishingState, { phase: 'live' }>;

/** What can be done while on air, and what is being sent. */
export function LiveControls({ live }: { readonly live: Live }) {
  const { publishing, meter } = useConsole();
  const { sent } = useStore(meter.state).readings;
  const has = (kind: 'audio' | 'video') => live.publications.some((publication) => publication.kind === kind);
  const streams = live.publications.flatMap(({ mid }) => sent.get(mid) ?? []);

  return (
    <div className="live-controls">
      <SentLayers streams={streams} />
      <div className="control-row">
        {has('audio') && (
          <button
            type="button"
            className="button"
            aria-pressed={live.isMicrophoneOff}
            onClick={() => publishing.setMicrophoneOff(!live.isMicrophoneOff)}
          >
            <Icon name={live.isMicrophoneOff ? 'microphoneOff' : 'microphone'} />
            {live.isMicrophoneOff ? 'Unmute' : 'Mute'}
          </button>
        )}
        {has('video') && (
          <button
            type="button"
            className="button"
            aria-pressed={live.isCameraOff}
            onClick={() => publishing.setCameraOff(!live.isCameraOff)}
          >
            <Icon name={live.isCameraOff ? 'cameraOff' : 'camera'} />
            {live.isCameraOff ? 'Picture on' : 'Picture off'}
          </button>
        )}
        <button type="button" className="button stop" onClick={() => void publishing.stop()}>
          Stop
        </button>
      </div>
    </div>
  );
}
