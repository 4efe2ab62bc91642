/** What a page does with one session on the SFU. Publishes and subscribes over one peer connection. */
import type { TrackKind } from '@causeway/protocol';
import type { RemoteTrackRef, SfuApi } from '../api/sfu-api.ts';
import type { Clock } from './clock.ts';
import type { LocalTrack } from './sending-line.ts';
import type { SessionState } from './session-state.ts';

export interface Publication {
  readonly trackId: string;
  readonly mid: string;
  readonly kind: TrackKind;
  readonly name: string;
  readonly track: MediaStreamTrack;
}

export interface Subscription extends RemoteTrackRef {
  readonly mid: string;
  readonly track: MediaStreamTrack;
}

/** What became of each thing that a call asked for: some may have failed while others succeeded. */
export interface Outcome<Done> {
  readonly done: readonly Done[];
  readonly failures: readonly Error[];
}

/** All methods reject with `SfuApiError` when the SFU refuses; calls may overlap, their SDP exchanges are queued. */
export interface SessionClient {
  readonly sessionId: string;
  readonly state: SessionState;
  /** UDP port on which the node takes media and plain STUN requests. */
  readonly mediaPort: number | undefined;
  publish(tracks: readonly LocalTrack[]): Promise<Outcome<Publication>>;
  /** Stops sending at once; rejects if the SFU could not be told. */
  unpublish(publications: readonly Publication[]): Promise<void>;
  subscribe(tracks: readonly RemoteTrackRef[]): Promise<Outcome<Subscription>>;
  /** Parks the media lines; no SDP changes hands. */
  unsubscribe(mids: readonly string[]): Promise<void>;
  /** @param quality `auto`, `high`, `medium`, `low`, or the rid of a layer */
  chooseLayer(mid: string, quality: string): Promise<void>;
  /** Asks whether the SFU still has this session; if not, `state` becomes `lost` with the reason. */
  verify(): Promise<void>;
  stats(): Promise<RTCStatsReport>;
  /** Loudness of a received audio track now: 0 to 1, undefined while none arrives. */
  audioLevel(mid: string): number | undefined;
  /** Ends the session on the SFU and frees the peer connection. Safe to call while a page goes away. */
  leave(): Promise<void>;
}

export interface OpenSessionOptions {
  readonly api: SfuApi;
  /** Shown to everybody who lists sessions. */
  readonly metadata: string;
  readonly createPeerConnection: () => RTCPeerConnection;
  readonly clock: Clock;
  readonly onStateChange: (state: SessionState) => void;
}
