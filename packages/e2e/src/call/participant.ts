/** A participant of a call: methods that run in the participant's page, and waits for what is seen and heard there. */
import type { SubscribedTrackResult, TrackSummary } from '@causeway/protocol';
import type { TestPage } from '../browsers/test-browser.ts';
import type { SendRequest } from '../in-page/local-media.ts';
import type { JoinRequest, PublishedTrack } from '../in-page/peer.ts';
import type { Colour, SeenPicture } from '../in-page/picture.ts';
import type { FrameArrival } from '../in-page/reception.ts';
import type { InboundFigures, OutboundFigures } from '../in-page/stream-stats.ts';
import type { HeardTone } from '../in-page/tone.ts';
import { KIT_PATH } from '../servers/blank-site.ts';

/** A published track as a subscriber names it. */
export type RemoteTrack = Pick<PublishedTrack, 'sessionId' | 'trackId'>;

export class Participant<Page extends TestPage = TestPage> {
  readonly page: Page;
  readonly name: string;
  readonly sessionId: string;

  constructor(page: Page, name: string, sessionId: string) {
    this.page = page;
    this.name = name;
    this.sessionId = sessionId;
  }

  publish(...requests: readonly SendRequest[]): Promise<PublishedTrack[]> {
    return this.page.evaluate(({ name, requests }) => kit.peer(name).publish(requests), { name: this.name, requests });
  }

  /** Subscribes to all in one call, and answers. @returns one item for each track, in order */
  subscribe(...tracks: readonly RemoteTrack[]): Promise<readonly SubscribedTrackResult[]> {
    const items = tracks.map(({ sessionId, trackId }) => ({ remoteSessionId: sessionId, remoteTrackId: trackId }));
    return this.page.evaluate(({ name, items }) => kit.peer(name).subscribe(items), { name: this.name, items });
  }

  /** Subscribes to one track. @returns the media line it comes in on */
  async watch(track: RemoteTrack): Promise<string> {
    const [result] = await this.subscribe(track);
    if (result?.mid === undefined) throw new Error(`${this.name} got no media line for ${track.trackId}: ${JSON.stringify(result)}`);
    return result.mid;
  }

  unsubscribe(...mids: readonly string[]): Promise<unknown> {
    return this.page.evaluate(({ name, mids }) => kit.peer(name).unsubscribe(mids), { name: this.name, mids });
  }

  /** Switches the subscription on a media line to another track. */
  switchTo(mid: string, { sessionId, trackId }: RemoteTrack): Promise<unknown> {
    const source = { sessionId, trackId };
    return this.page.evaluate(({ name, mid, source }) => kit.peer(name).update(mid, source), { name: this.name, mid, source });
  }

  closeTrack(trackId: string): Promise<{ readonly success: boolean }> {
    return this.page.evaluate(({ name, trackId }) => kit.peer(name).closeTrack(trackId), { name: this.name, trackId });
  }

  stopTrack(trackId: string): Promise<void> {
    return this.page.evaluate(({ name, trackId }) => kit.peer(name).stopTrack(trackId), { name: this.name, trackId });
  }

  restartIce(): Promise<void> {
    return this.page.evaluate(({ name }) => kit.peer(name).restartIce(), { name: this.name });
  }

  /** The tracks a session publishes; this participant's own by default. */
  listTracks(sessionId: string = this.sessionId): Promise<readonly TrackSummary[]> {
    return this.page.evaluate(({ name, sessionId }) => kit.peer(name).listTracks(sessionId), { name: this.name, sessionId });
  }

  readInbound(): Promise<InboundFigures[]> {
    return this.page.evaluate(({ name }) => kit.readInbound(kit.peer(name).connection), { name: this.name });
  }

  readOutbound(): Promise<OutboundFigures[]> {
    return this.page.evaluate(({ name }) => kit.readOutbound(kit.peer(name).connection), { name: this.name });
  }

  readConnectionState(): Promise<RTCPeerConnectionState> {
    return this.page.evaluate(({ name }) => kit.peer(name).connection.connectionState, { name: this.name });
  }

  /** The number of media lines in the session's descriptions. */
  countMediaLines(): Promise<number> {
    return this.page.evaluate(({ name }) => kit.peer(name).connection.currentRemoteDescription?.sdp.match(/^m=/gm)?.length ?? 0, {
      name: this.name,
    });
  }

  /** Waits until this many frames more than now were decoded on a media line. @returns the figures at that moment */
  async decodesVideo(mid: string, moreFrames: number = 20): Promise<InboundFigures> {
    return this.page.evaluate(
      async ({ name, mid, moreFrames }) => {
        const peer = kit.peer(name);
        await peer.reception(mid);
        const read = async () => (await kit.readInbound(peer.connection)).find((stream) => stream.mid === mid);
        const before = (await read())?.framesDecoded ?? 0;
        const after = await kit.waitUntil(
          `${name} decodes ${moreFrames} more frames on mid ${mid} than ${before}`,
          read,
          (stream) => (stream?.framesDecoded ?? 0) >= before + moreFrames,
        );
        if (after === undefined) throw new Error('a stream that decodes has figures');
        return after;
      },
      { name: this.name, mid, moreFrames },
    );
  }

  /** Waits until another second of audio has been played on a media line, at most a tenth of it concealed. */
  async hearsSound(mid: string): Promise<InboundFigures> {
    return this.page.evaluate(
      async ({ name, mid }) => {
        const peer = kit.peer(name);
        await peer.reception(mid);
        const read = async () => (await kit.readInbound(peer.connection)).find((stream) => stream.mid === mid);
        let before = await read();
        const isSound = (stream: typeof before): boolean => {
          const samples = (stream?.samplesReceived ?? 0) - (before?.samplesReceived ?? 0);
          if (samples < 48_000) return false;
          const concealed = (stream?.concealedSamples ?? 0) - (before?.concealedSamples ?? 0);
          if (concealed <= samples / 10) return true;
          before = stream;
          return false;
        };
        const after = await kit.waitUntil(`${name} hears a second of sound on mid ${mid}`, read, isSound);
        if (after === undefined) throw new Error('a stream that sounds has figures');
        return after;
      },
      { name: this.name, mid },
    );
  }

  /** Waits until the centre of the picture on a media line has about this colour. */
  seesColour(mid: string, colour: Colour): Promise<SeenPicture> {
    return this.page.evaluate(
      async ({ name, mid, colour }) => {
        const reception = await kit.peer(name).reception(mid);
        const isRight = (seen: SeenPicture | undefined): boolean =>
          seen?.colour.every((value, index) => Math.abs(value - (colour[index] ?? 0)) < 40) ?? false;
        const read = () => reception.readPicture();
        const seen = await kit.waitUntil(`${name} sees rgb(${colour}) on mid ${mid}`, read, isRight);
        if (seen === undefined) throw new Error('a picture that is right was seen');
        return seen;
      },
      { name: this.name, mid, colour },
    );
  }

  /** The frames that are presented within so many seconds from now, and when they were complete. */
  recordFrames(mid: string, seconds: number): Promise<readonly FrameArrival[]> {
    return this.page.evaluate(async ({ name, mid, seconds }) => (await kit.peer(name).reception(mid)).recordFrames(seconds), {
      name: this.name,
      mid,
      seconds,
    });
  }

  /** Waits until the tones on a media line are these, to within 20 Hz. */
  hearsTones(mid: string, wanted: HeardTone): Promise<HeardTone> {
    return this.page.evaluate(
      async ({ name, mid, wanted }) => {
        const reception = await kit.peer(name).reception(mid);
        const isRight = (heard: HeardTone): boolean =>
          Math.abs(heard.leftHz - wanted.leftHz) < 20 && Math.abs(heard.rightHz - wanted.rightHz) < 20;
        return kit.waitUntil(`${name} hears ${JSON.stringify(wanted)} on mid ${mid}`, () => reception.readTones(), isRight);
      },
      { name: this.name, mid, wanted },
    );
  }

  /** Waits until no packet has arrived on a media line for a second. */
  async receivesNothing(mid: string): Promise<void> {
    await this.page.evaluate(
      async ({ name, mid }) => {
        const { connection } = kit.peer(name);
        let quietSince = { packetsReceived: -1, atMs: 0 };
        const read = async (): Promise<typeof quietSince> => {
          const packetsReceived = (await kit.readInbound(connection)).find((stream) => stream.mid === mid)?.packetsReceived ?? 0;
          if (packetsReceived !== quietSince.packetsReceived) quietSince = { packetsReceived, atMs: performance.now() };
          return quietSince;
        };
        await kit.waitUntil(`nothing reaches ${name} on mid ${mid}`, read, ({ atMs }) => performance.now() - atMs > 1_000);
      },
      { name: this.name, mid },
    );
  }

  /** Waits until the track on a media line is muted, as the browser tells the page. */
  async seesMute(mid: string): Promise<void> {
    await this.page.evaluate(
      async ({ name, mid }) => {
        const reception = await kit.peer(name).reception(mid);
        await kit.waitUntil(
          `${name}'s track on mid ${mid} is muted`,
          () => [reception.track.muted, ...reception.events],
          ([muted]) => muted === true,
        );
      },
      { name: this.name, mid },
    );
  }

  /** Waits until the peer connection is connected. */
  async connects(): Promise<void> {
    await this.page.evaluate(
      async ({ name }) => {
        const { connection } = kit.peer(name);
        await kit.waitUntil(
          `${name} is connected`,
          () => connection.connectionState,
          (state) => state === 'connected',
        );
      },
      { name: this.name },
    );
  }
}

/** Opens a session in a page of the blank site. */
export async function joinCall<Page extends TestPage>(page: Page, name: string, request: JoinRequest): Promise<Participant<Page>> {
  await page.evaluateText(`import(${JSON.stringify(KIT_PATH)}).then(() => undefined)`);
  const sessionId = await page.evaluate(async ({ name, request }) => (await kit.join(name, request)).sessionId, { name, request });
  return new Participant(page, name, sessionId);
}
