/** Tests what the README of the client package promises, in a page of another origin, with the daemon. */
import { createSfuApi } from '@causeway/client';
import { type ChromiumPage, openStage, RED, type Stage } from '@causeway/e2e';

jest.setTimeout(60_000);

let stage: Stage;
let page: ChromiumPage;

beforeAll(async () => {
  stage = await openStage();
  page = (await stage.join('owner of the page')).page;
});

afterAll(() => stage.close());

test('two sessions exchange tracks, data, layers and events until they end', async () => {
  const seen = await page.evaluate(
    async ({ access, colour }) => {
      const api = kit.createSfuApi(access);
      const heard: { readonly type: string; readonly sessionId?: string | undefined }[] = [];
      const following = new AbortController();
      const isOpen = Promise.withResolvers<void>();
      const followed = (async () => {
        const request = { group: 'client', signal: following.signal, onOpen: isOpen.resolve };
        for await (const event of api.events(request)) heard.push(event);
      })();
      await isOpen.promise;
      const open = (metadata: string, peerConnection: RTCPeerConnection) =>
        kit.client.openSession({ api, peerConnection, metadata, group: 'client' });
      const alice = await open('alice', new RTCPeerConnection());
      const camera = await kit.createLocalTrack({ kind: 'picture', colour });
      const published = await alice.publish([{ track: camera, name: 'camera' }]);
      const score = await alice.publishData({ name: 'score', retain: 'last' });
      score.send('1:0');
      const replies: unknown[] = [];
      score.onmessage = ({ data }) => replies.push(data);

      const connection = new RTCPeerConnection();
      const bob = await open('bob', connection);
      const wanted = { remoteSessionId: alice.sessionId };
      const { done, failures } = await bob.subscribe([
        { ...wanted, customTrackName: 'camera' },
        { ...wanted, customTrackName: 'screen' },
      ]);
      const mid = done[0]?.mid ?? '';
      const channel = await bob.subscribeData({ ...wanted, dataChannelName: 'score', canReply: true });
      const messages: unknown[] = [];
      channel.onmessage = ({ data }) => {
        messages.push(data);
        channel.send('seen');
      };
      const video = document.createElement('video');
      video.muted = true;
      video.srcObject = new MediaStream(done.map(({ track }) => track));
      void video.play();
      await kit.waitUntil(
        'bob decodes ten frames',
        () => kit.readInbound(connection),
        (streams) => streams.some((stream) => stream.mid === mid && stream.framesDecoded >= 10),
      );
      await kit.waitUntil(
        'the reply came',
        () => replies.length,
        (count) => count > 0,
      );
      await bob.update(mid, { paused: true });
      const described = await api.describeSession(bob.sessionId);
      await alice.renegotiate({ iceRestart: true });
      await alice.unpublish(published.done);
      const left = await api.listTracks(alice.sessionId);
      await bob.leave();
      const refusal = await api.describeSession(bob.sessionId).catch((failure) => failure);
      await kit.waitUntil(
        'the end was told',
        () => heard.some(({ type, sessionId }) => type === 'session.closed' && sessionId === bob.sessionId),
        (isTold) => isTold,
      );
      following.abort();
      await followed;
      return {
        failures: failures.map((failure) => (failure instanceof kit.client.SfuApiError ? failure.code : String(failure))),
        messages,
        replies,
        paused: described.subscriptions[0]?.paused,
        states: [alice.state.phase, bob.state.phase],
        left: left.length,
        refusal: [refusal instanceof kit.client.SfuApiError, refusal.code],
        heard: [...new Set(heard.map(({ type }) => type))],
      };
    },
    { access: stage.daemon.access, colour: RED },
  );

  expect(seen).toMatchObject({
    failures: ['track_not_found'],
    messages: ['1:0'],
    replies: ['seen'],
    paused: true,
    states: ['connected', 'left'],
    left: 0,
    refusal: [true, 'session_closed'],
  });
  expect(seen.heard).toEqual(expect.arrayContaining(['session.created', 'track.published', 'datachannel.subscribed', 'session.closed']));
});

test('a connection that brings its own track and channel publishes them with the first offer', async () => {
  const seen = await page.evaluate(
    async ({ access, colour }) => {
      const api = kit.createSfuApi(access);
      const peerConnection = new RTCPeerConnection();
      peerConnection.addTransceiver(await kit.createLocalTrack({ kind: 'picture', colour }), { direction: 'sendonly' });
      peerConnection.createDataChannel('own');
      const session = await kit.client.openSession({ api, peerConnection, receive: [] });
      const second = await session.publishData({ name: 'second', bus: true });
      await kit.waitUntil(
        'both channels are open',
        () => api.listDataChannels(session.sessionId),
        ({ published }) => published.length === 2 && published.every(({ status }) => status === 'open'),
      );
      const { published } = await api.listDataChannels(session.sessionId);
      await session.leave();
      return {
        tracks: session.created.tracks?.length,
        channels: published.map(({ dataChannelName, bus }) => [dataChannelName, bus]),
        second: second.label,
        connection: peerConnection.connectionState,
      };
    },
    { access: stage.daemon.access, colour: RED },
  );

  expect(seen).toMatchObject({ tracks: 1, second: 'second', connection: 'closed' });
  expect(seen.channels).toEqual(
    expect.arrayContaining([
      ['own', false],
      ['second', true],
    ]),
  );
});

test('has a method for each call of the API', async () => {
  const document = (await (await fetch(`${stage.daemon.access.host}/openapi.json`)).json()) as { readonly paths: Record<string, object> };
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => ['get', 'post', 'put', 'patch', 'delete'].includes(method))
      .map((method) => `${method.toUpperCase()} ${path.replace(/\{[^}]+\}/g, 'x')}`),
  );

  const made = new Set<string>();
  const api = createSfuApi({
    url: 'http://sfu',
    appId: 'x',
    credential: 'secret',
    fetch: async (input, init) => {
      made.add(`${init?.method} ${new URL(String(input)).pathname}`);
      return new Response(null, { status: 404 });
    },
  });
  for (const [name, method] of Object.entries(api)) {
    if (name === 'events' || name === 'call' || name === 'send') continue;
    await (method as (...parts: readonly string[]) => Promise<unknown>)('x', 'x').catch(() => undefined);
  }
  for (const request of [{}, { sessionId: 'x' }]) {
    await api
      .events(request)
      .next()
      .catch(() => undefined);
  }

  // `close` is `DELETE` for those who can send nothing else.
  const closing = 'POST /api/sfu/x/session/x/close';
  expect([...made, closing].sort()).toEqual(operations.filter((operation) => operation.includes(' /api/sfu/x/')).sort());
});
