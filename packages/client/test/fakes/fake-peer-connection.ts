/**
 * The part of a browser's peer connection that negotiation uses: signalling states, rollback, and transceivers that get their mid from the
 * offer that first carries them. Descriptions are short texts that list the lines: `offer 0:audio:recvonly 1:video:sendonly`.
 *
 * @see RFC 9429 §4.1 and §5
 */
import type { Description, PeerConnection } from '../../src/session/peer-connection.ts';

export interface FakeTrack {
  readonly id: string;
  readonly kind: 'audio' | 'video';
}

type Direction = RTCRtpTransceiverDirection;

export class FakeTransceiver {
  mid: string | null = null;
  direction: Direction;
  currentDirection: Direction | null = null;
  isStopped = false;
  readonly layerCount: number;
  readonly receiver: { readonly track: FakeTrack };
  readonly sender: {
    track: FakeTrack | null;
    replaceTrack(track: FakeTrack | null): Promise<void>;
    getParameters(): { encodings: object[] };
  };

  constructor(kind: 'audio' | 'video', direction: Direction, track: FakeTrack | null, layerCount: number) {
    this.direction = direction;
    this.layerCount = layerCount;
    this.receiver = { track: { id: `received-${kind}`, kind } };
    const sender: FakeTransceiver['sender'] = {
      track,
      replaceTrack: async (next) => {
        sender.track = next;
      },
      getParameters: () => ({ encodings: Array.from({ length: layerCount }, () => ({})) }),
    };
    this.sender = sender;
  }

  stop(): void {
    this.isStopped = true;
  }
}

export interface FakeChannel {
  readonly label: string;
  readonly init: object;
  readyState: string;
  readonly sent: string[];
  send(message: string): void;
  close(): void;
  addEventListener(type: 'open' | 'close', listener: () => void): void;
  /** Opens the channel, as SCTP does once the media line is negotiated. */
  open(): void;
}

export class FakePeerConnection implements PeerConnection<FakeTrack, FakeChannel> {
  readonly channels: FakeChannel[] = [];
  opensChannels = true;
  signalingState: 'stable' | 'have-local-offer' | 'have-remote-offer' | 'closed' = 'stable';
  connectionState: RTCPeerConnectionState = 'new';
  localDescription: Description | null = null;
  readonly #listeners = new Set<() => void>();
  restarts = 0;
  #transceivers: FakeTransceiver[] = [];
  #newInOffer: FakeTransceiver[] = [];
  #nextMid = 0;
  #hasDataSection = false;

  addTransceiver(kindOrTrack: 'audio' | 'video' | FakeTrack, init: { direction: Direction; sendEncodings?: object[] }): FakeTransceiver {
    const track = typeof kindOrTrack === 'string' ? null : kindOrTrack;
    const kind = typeof kindOrTrack === 'string' ? kindOrTrack : kindOrTrack.kind;
    const transceiver = new FakeTransceiver(kind, init.direction, track, Math.max(init.sendEncodings?.length ?? 0, 1));
    this.#transceivers.push(transceiver);
    return transceiver;
  }

  createDataChannel(label: string, init: object = {}): FakeChannel {
    const channel = createFakeChannel(label, init);
    this.channels.push(channel);
    if (this.opensChannels) setImmediate(() => channel.open());
    return channel;
  }

  addEventListener(_type: 'connectionstatechange', listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: 'connectionstatechange', listener: () => void): void {
    this.#listeners.delete(listener);
  }

  getTransceivers(): FakeTransceiver[] {
    return this.#transceivers.filter(({ isStopped }) => !isStopped);
  }

  async setLocalDescription(description?: { type: 'rollback' }): Promise<void> {
    this.#assertOpen();
    if (description?.type === 'rollback') {
      this.#assertState('have-local-offer');
      for (const transceiver of this.#newInOffer) transceiver.mid = null;
      this.signalingState = 'stable';
    } else if (this.signalingState === 'have-remote-offer') {
      this.localDescription = { type: 'answer', sdp: this.#write('answer') };
      this.#applyDirections();
      this.signalingState = 'stable';
    } else {
      this.#newInOffer = this.getTransceivers().filter(({ mid }) => mid === null);
      for (const transceiver of this.#newInOffer) transceiver.mid = (this.#nextMid++).toString();
      this.localDescription = { type: 'offer', sdp: this.#write('offer') };
      this.signalingState = 'have-local-offer';
    }
  }

  /** An SFU offer may add lines: `offer +video`. */
  async setRemoteDescription({ type, sdp }: Description): Promise<void> {
    this.#assertOpen();
    if (type === 'answer') {
      this.#assertState('have-local-offer');
      this.#applyDirections();
      this.signalingState = 'stable';
      return;
    }
    this.#assertState('stable');
    for (const [, kind] of sdp.matchAll(/\+(audio|video)/g)) {
      const added = this.addTransceiver(kind as 'audio' | 'video', { direction: 'recvonly' });
      added.mid = (this.#nextMid++).toString();
    }
    this.#hasDataSection ||= sdp.includes('m=application');
    this.signalingState = 'have-remote-offer';
  }

  restartIce(): void {
    this.restarts += 1;
  }

  close(): void {
    this.signalingState = 'closed';
  }

  setConnectionState(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    for (const listener of this.#listeners) listener();
  }

  #write(type: string): string {
    const lines = this.getTransceivers().map(({ mid, direction, receiver }) => `${mid}:${receiver.track.kind}:${direction}`);
    return [type, ...lines].join(' ') + (this.channels.length > 0 || this.#hasDataSection ? '\nm=application 9\n' : '');
  }

  #applyDirections(): void {
    for (const transceiver of this.getTransceivers()) {
      if (transceiver.mid !== null) transceiver.currentDirection = transceiver.direction;
    }
  }

  #assertOpen(): void {
    if (this.signalingState === 'closed') throw new DOMException('The peer connection is closed.', 'InvalidStateError');
  }

  #assertState(expected: string): void {
    if (this.signalingState !== expected) throw new DOMException(`Not in ${expected} but in ${this.signalingState}.`, 'InvalidStateError');
  }
}

function createFakeChannel(label: string, init: object): FakeChannel {
  const listeners = { open: [] as (() => void)[], close: [] as (() => void)[] };
  return {
    label,
    init,
    readyState: 'connecting',
    sent: [],
    send(message) {
      this.sent.push(message);
    },
    close() {
      this.readyState = 'closed';
      for (const listener of listeners.close) listener();
    },
    addEventListener: (type, listener) => void listeners[type].push(listener),
    open() {
      if (this.readyState !== 'connecting') return;
      this.readyState = 'open';
      for (const listener of listeners.open) listener();
    },
  };
}
