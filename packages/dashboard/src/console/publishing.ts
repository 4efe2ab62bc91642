/** The publication of this page, which has at most one source. */
import type { TrackKind } from '@causeway/protocol';
import type { LocalSource, PictureSize, SourceKind } from '../sources/local-source.ts';
import type { ConsolePublication, ConsoleSession } from './console-session.ts';
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
      readonly publications: readonly ConsolePublication[];
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
  /** Stops the source, because the session has ended. */
  reset(): void;
}

export interface PublishingOptions {
  readonly session: () => ConsoleSession | undefined;
  readonly notices: Notices;
  readonly openSource: (choice: PublishChoice, sessionId: string) => Promise<LocalSource>;
  readonly layersOf: (choice: PublishChoice) => readonly RTCRtpEncodingParameters[];
  /** The label for a session id in a picture. */
  readonly labelOf: (sessionId: string) => string;
  /** Called when the listing of this session has changed. */
  readonly onChange: () => void;
}

export function createPublishing(options: PublishingOptions): Publishing {
  return new SourcePublishing(options);
}

class SourcePublishing implements Publishing {
  readonly state = createStore<PublishingState>({ phase: 'idle' });
  readonly #options: PublishingOptions;

  constructor(options: PublishingOptions) {
    this.#options = options;
  }

  async start(choice: PublishChoice): Promise<void> {
    const session = this.#options.session();
    if (session === undefined || this.state.read().phase !== 'idle') return;
    this.state.write({ phase: 'starting' });
    try {
      const source = await this.#options.openSource(choice, session.sessionId);
      // The session may have ended while the browser asked for permission.
      if (session !== this.#options.session()) this.#abandon(source);
      else await this.#publish(session, source, choice);
    } catch (failure) {
      this.state.write({ phase: 'idle' });
      this.#options.notices.report(failure);
    }
  }

  async stop(): Promise<void> {
    const live = this.state.read();
    if (live.phase !== 'live') return;
    this.state.write({ phase: 'stopping', source: live.source });
    await this.#options.session()?.unpublish(live.publications).catch(this.#options.notices.report);
    this.#abandon(live.source);
    this.#options.onChange();
  }

  setMicrophoneOff(isOff: boolean): void {
    this.#switch('audio', isOff);
  }

  setCameraOff(isOff: boolean): void {
    this.#switch('video', isOff);
  }

  async resume(): Promise<void> {
    const live = this.state.read();
    const session = this.#options.session();
    if (live.phase !== 'live' || session === undefined) return;
    live.source.relabel(this.#options.labelOf(session.sessionId));
    await this.#publish(session, live.source, live.choice);
    this.setMicrophoneOff(live.isMicrophoneOff);
    this.setCameraOff(live.isCameraOff);
  }

  reset(): void {
    const current = this.state.read();
    if (current.phase === 'idle') return;
    if ('source' in current) current.source?.stop();
    this.state.write({ phase: 'idle' });
  }

  async #publish(session: ConsoleSession, source: LocalSource, choice: PublishChoice): Promise<void> {
    const { notices, layersOf, onChange } = this.#options;
    this.state.write({ phase: 'starting', source });
    const layers = layersOf(choice);
    const { done, failures } = await session
      .publish(source.tracks.map(({ track, name }) => ({ track, name, layers: track.kind === 'video' ? layers : [] })))
      .catch((failure: Error) => ({ done: [], failures: [failure] }));
    for (const failure of failures) notices.report(failure);
    if (done.length === 0 || session !== this.#options.session()) {
      this.#abandon(source);
      return;
    }
    this.#endWith(source);
    this.state.write({ phase: 'live', source, choice, publications: done, isMicrophoneOff: false, isCameraOff: false });
    onChange();
  }

  #abandon(source: LocalSource): void {
    source.stop();
    this.state.write({ phase: 'idle' });
  }

  /** A camera that is unplugged ends its track. */
  #endWith(source: LocalSource): void {
    for (const { track, name } of source.tracks) {
      track.onended = () => {
        this.#options.notices.report(new Error(`The ${name} has stopped.`));
        void this.stop();
      };
    }
  }

  #switch(kind: TrackKind, isOff: boolean): void {
    const live = this.state.read();
    if (live.phase !== 'live') return;
    for (const { track } of live.source.tracks) {
      if (track.kind === kind) track.enabled = !isOff;
    }
    this.state.write(kind === 'audio' ? { ...live, isMicrophoneOff: isOff } : { ...live, isCameraOff: isOff });
  }
}
