/** What this page sends: nothing, or one source. */
import type { Publication, SessionClient } from '../session/session-client.ts';
import type { LocalSource, PictureSize, SourceKind } from '../sources/local-source.ts';
import type { Notices } from './notices.ts';
import { createStore, type Store } from './store.ts';

export interface PublishChoice {
  readonly source: SourceKind;
  readonly size: PictureSize;
  readonly isSimulcast: boolean;
}

export type PublishingState =
  | { readonly phase: 'idle' }
  | { readonly phase: 'starting'; readonly source?: LocalSource }
  | {
      readonly phase: 'live';
      readonly source: LocalSource;
      readonly choice: PublishChoice;
      readonly publications: readonly Publication[];
      readonly isMicrophoneOff: boolean;
      readonly isCameraOff: boolean;
    }
  | { readonly phase: 'stopping'; readonly source: LocalSource };

export interface Publishing {
  readonly state: Store<PublishingState>;
  start(choice: PublishChoice): Promise<void>;
  stop(): Promise<void>;
  /** Muted tracks stay published: they send silence, or black. */
  setMicrophoneOff(isOff: boolean): void;
  setCameraOff(isOff: boolean): void;
  /** Publishes the running source over a new session. */
  resume(): Promise<void>;
  /** Stops the source; the session is over. */
  reset(): void;
}

export interface PublishingOptions {
  readonly session: () => SessionClient | undefined;
  readonly notices: Notices;
  readonly openSource: (choice: PublishChoice, sessionId: string) => Promise<LocalSource>;
  readonly layersOf: (choice: PublishChoice) => readonly RTCRtpEncodingParameters[];
  /** The label for a session id in a picture. */
  readonly labelOf: (sessionId: string) => string;
  /** Listings have changed. */
  readonly onChange: () => void;
}

export function createPublishing(options: PublishingOptions): Publishing {
  const { session, notices } = options;
  const state = createStore<PublishingState>({ phase: 'idle' });

  async function start(choice: PublishChoice): Promise<void> {
    const client = session();
    if (client === undefined || state.read().phase !== 'idle') return;
    state.write({ phase: 'starting' });
    try {
      const source = await options.openSource(choice, client.sessionId);
      // Left, or lost, while the browser asked for permission.
      if (client !== session()) return abandon(source);
      await publish(client, source, choice);
    } catch (failure) {
      state.write({ phase: 'idle' });
      notices.report(failure);
    }
  }

  async function publish(client: SessionClient, source: LocalSource, choice: PublishChoice): Promise<void> {
    state.write({ phase: 'starting', source });
    try {
      const layers = options.layersOf(choice);
      const { done, failures } = await client.publish(
        source.tracks.map(({ track, name }) => ({ track, name, layers: track.kind === 'video' ? layers : [] })),
      );
      if (client !== session()) return abandon(source);
      for (const failure of failures) notices.report(failure);
      if (done.length === 0) return abandon(source);
      endWithSource(source);
      state.write({ phase: 'live', source, choice, publications: done, isMicrophoneOff: false, isCameraOff: false });
      options.onChange();
    } catch (failure) {
      abandon(source);
      notices.report(failure);
    }
  }

  function abandon(source: LocalSource): void {
    source.stop();
    state.write({ phase: 'idle' });
  }

  /** A camera that is unplugged ends its track. */
  function endWithSource(source: LocalSource): void {
    for (const { track, name } of source.tracks) {
      track.onended = () => {
        notices.report(new Error(`The ${name} has stopped.`));
        void stop();
      };
    }
  }

  async function stop(): Promise<void> {
    const live = state.read();
    if (live.phase !== 'live') return;
    state.write({ phase: 'stopping', source: live.source });
    await session()?.unpublish(live.publications).catch(notices.report);
    abandon(live.source);
    options.onChange();
  }

  function mute(kind: 'audio' | 'video', flag: 'isMicrophoneOff' | 'isCameraOff', isOff: boolean): void {
    const live = state.read();
    if (live.phase !== 'live') return;
    for (const { track } of live.source.tracks) {
      if (track.kind === kind) track.enabled = !isOff;
    }
    state.write({ ...live, [flag]: isOff });
  }

  return {
    state,
    start,
    stop,
    setMicrophoneOff: (isOff) => mute('audio', 'isMicrophoneOff', isOff),
    setCameraOff: (isOff) => mute('video', 'isCameraOff', isOff),
    async resume() {
      const live = state.read();
      const client = session();
      if (live.phase !== 'live' || client === undefined) return;
      live.source.relabel(options.labelOf(client.sessionId));
      await publish(client, live.source, live.choice);
      mute('audio', 'isMicrophoneOff', live.isMicrophoneOff);
      mute('video', 'isCameraOff', live.isCameraOff);
    },
    reset() {
      const current = state.read();
      if (current.phase !== 'idle') {
        if ('source' in current) current.source?.stop();
        state.write({ phase: 'idle' });
      }
    },
  };
}
