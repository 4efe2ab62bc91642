/** A browser. Each peer has its own page, in which the kit of the end-to-end tests makes the calls. */
import type { SfuApi } from '@causeway/client';
import { apiOf, type InboundFigures, joinCall, type Participant, type SendRequest, type TestBrowser } from '@causeway/e2e';
import type { InteropClient, InteropPeer, PeerRequest, ReceivedMedia, VideoCodec } from './interop-client.ts';

export interface BrowserClientOptions {
  readonly browser: TestBrowser;
  readonly videoCodecs: readonly VideoCodec[];
  readonly picture: SendRequest['media'];
  readonly sound: SendRequest['media'];
  /** The address of the blank page. */
  readonly origin: string;
}

export function createBrowserClient({ browser, videoCodecs, picture, sound, origin }: BrowserClientOptions): InteropClient {
  let openedPeers = 0;
  return {
    name: browser.name,
    version: `${browser.name} ${browser.version.replace(/^.*\//, '')}`,
    videoCodecs,
    counts: 'decoded',
    openPeer: async ({ access, publish, receive, channels = [], mediaAt }: PeerRequest) => {
      const page = await browser.openPage(origin);
      const send: readonly SendRequest[] = publish === undefined ? [] : [{ media: picture, codec: publish }, { media: sound }];
      try {
        const request = { access, send, receive, channels, ...(mediaAt === undefined ? {} : { mediaAt }) };
        const participant = await joinCall(page, `peer-${++openedPeers}`, request);
        return peerOf(participant, apiOf(access));
      } catch (error) {
        await page.close();
        throw error;
      }
    },
    close: () => browser.close(),
  };
}

function peerOf(participant: Participant, api: SfuApi): InteropPeer {
  const { page, name } = participant;
  return {
    sessionId: participant.sessionId,
    subscribe: async (tracks) => {
      const results = await participant.subscribe(...tracks);
      return results.map((result) => {
        if (result.mid === undefined) throw new Error(`no media line for ${result.remoteTrackId}: ${JSON.stringify(result)}`);
        return result.mid;
      });
    },
    subscribeChannel: async (remoteSessionId, dataChannelName) => {
      const item = { remoteSessionId, dataChannelName };
      await page.evaluate(({ name, item }) => kit.peer(name).subscribeChannels([item]), { name, item });
    },
    send: (label, messages) =>
      page.evaluate(({ name, label, messages }) => kit.channelsOf(name).send(label, messages), { name, label, messages }),
    readMessages: (label) => page.evaluate(({ name, label }) => kit.channelsOf(name).seen(label), { name, label }),
    readState: () => participant.readConnectionState(),
    readReceived: async () => (await participant.readInbound()).map(receivedMedia),
    close: async () => {
      await participant.page.close();
      await api.deleteSession(participant.sessionId);
    },
  };
}

function receivedMedia({ mid, kind, codec, framesDecoded, samplesReceived, concealedSamples }: InboundFigures): ReceivedMedia {
  return { mid, kind: kind === 'audio' ? 'audio' : 'video', codec, frames: framesDecoded, samples: samplesReceived - concealedSamples };
}
