import { capturedOffer } from '@causeway/testkit/captured-offers';
import { ScriptedClient } from '@causeway/testkit/mesh';
import { TRANSPORT_WIDE_CC_URI } from '@causeway/wire';
import { APP, Joined, SfuUnderTest } from '../doubles/sfu-under-test.ts';

const TRANSPORT_WIDE = /a=extmap:\d+(\/\w+)? http:\/\/www\.ietf\.org\/id\/draft-holmer\S*\r\n|a=rtcp-fb:\S+ transport-cc\r\n/g;
const BY_STREAM = 'a=rtcp-fb:* ack ccfb\r\n';
const REPORT_LINES = /a=rtcp-fb:\* ack ccfb\r\n/g;

const EXTENSION_ID = 9;
const NUMBERS = `a=extmap:${EXTENSION_ID} ${TRANSPORT_WIDE_CC_URI}\r\n`;

/** The offer of a client that reports by stream only. */
function withReports(sdp: string): string {
  return sdp.replace(TRANSPORT_WIDE, '').replaceAll('a=rtcp-mux\r\n', `a=rtcp-mux\r\n${BY_STREAM}`);
}

async function answerTo(sdp: string): Promise<string> {
  const { sessionDescription } = await new SfuUnderTest().sfu.createSession(APP, { sessionDescription: { type: 'offer', sdp } });
  return sessionDescription.sdp;
}

/** A client that offers reports by stream and publishes a track. */
async function joinWithReports(world: SfuUnderTest): Promise<Joined> {
  const client = new ScriptedClient();
  client.addTransceiver('video', { direction: 'sendonly', trackId: 'screen', streamId: 'stream', codecs: ['vp8'] });
  const offer = client.createOffer();
  const reply = await world.sfu.createSession(APP, { sessionDescription: { ...offer, sdp: withReports(offer.sdp) } });
  client.applyAnswer(reply.sessionDescription);
  return new Joined(world, client, reply);
}

test.each([
  ['instead of transport-wide feedback', withReports],
  [
    'beside it, and by payload type as Chromium 156 does',
    (sdp: string) => sdp.replace(/(a=rtcp-fb:\d+) transport-cc\r\n/g, '$&$1 ack ccfb\r\n'),
  ],
])('reports by stream are agreed to on every section if every section offers them %s', async (_, change) => {
  const answer = await answerTo(change(capturedOffer('chromium-audio-video-recvonly')));

  expect(answer.match(REPORT_LINES)).toHaveLength(2);
  expect(answer).not.toMatch(TRANSPORT_WIDE);
});

test.each([
  ['nothing of the kind', (sdp: string) => sdp],
  ['them on one section of two', (sdp: string) => withReports(sdp).replace(BY_STREAM, '')],
])('to a client that offers %s they are not', async (_, change) => {
  const answer = await answerTo(change(capturedOffer('chromium-audio-video-recvonly')));

  expect(answer).not.toMatch(REPORT_LINES);
});

test('both directions of such a client are reported by stream, and offers of the SFU say so too', async () => {
  const world = new SfuUnderTest();
  const publisher = await world.joinPublisher();
  const viewer = await joinWithReports(world);

  const { sessionDescription } = await viewer.subscribe(publisher.track('camera'));
  const offered = sessionDescription?.sdp ?? '';
  const answer = viewer.client.answerOffer({ sdp: offered });
  await world.sfu.renegotiate(APP, viewer.id, { sessionDescription: { type: 'answer', sdp: withReports(answer.sdp) } });

  expect(offered.match(REPORT_LINES)).toHaveLength(2);
  expect(offered).not.toMatch(TRANSPORT_WIDE);
  expect(world.shard.publicationsOf(viewer.id)).toMatchObject([{ isReportedByStream: true, transportWideCc: false }]);
  expect(world.shard.subscriptionsOf(viewer.id)).toMatchObject([{ isReportedByStream: true }]);
  expect(world.shard.publicationsOf(publisher.id)[0]).not.toHaveProperty('isReportedByStream');
});

test('a client that answers without them is reported to, and reports, in none of its sections', async () => {
  const world = new SfuUnderTest();
  const publisher = await world.joinPublisher();
  const viewer = await joinWithReports(world);

  const { sessionDescription } = await viewer.subscribe(publisher.track('camera'));
  const answer = viewer.client.answerOffer({ sdp: sessionDescription?.sdp ?? '' });
  await world.sfu.renegotiate(APP, viewer.id, {
    sessionDescription: { type: 'answer', sdp: answer.sdp.replace(/a=rtcp-fb:\S+ ack ccfb\r\n/g, '') },
  });

  const [plan] = world.shard.subscriptionsOf(viewer.id);
  expect(plan).toBeDefined();
  expect(plan).not.toHaveProperty('isReportedByStream');
});

describe('a client that offers transport-wide feedback in place of its reports by stream', () => {
  async function changed() {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    const viewer = await joinWithReports(world);
    const { sessionDescription } = await viewer.subscribe(publisher.track('camera'));
    const answer = viewer.client.answerOffer({ sdp: sessionDescription?.sdp ?? '' });
    await world.sfu.renegotiate(APP, viewer.id, { sessionDescription: { type: 'answer', sdp: withReports(answer.sdp) } });
    const [before] = world.shard.subscriptionsOf(viewer.id);
    const offer = viewer.client.createOffer().sdp.replace(TRANSPORT_WIDE, '');
    const sdp = offer.replaceAll('a=rtcp-mux\r\n', `a=rtcp-mux\r\na=rtcp-fb:* transport-cc\r\n${NUMBERS}`);
    const reply = await world.sfu.renegotiate(APP, viewer.id, { sessionDescription: { type: 'offer', sdp } });
    const [after] = world.shard.subscriptionsOf(viewer.id);
    return { before, after, publication: world.shard.publicationsOf(viewer.id)[0], answer: reply.sessionDescription?.sdp ?? '' };
  }

  test('is sent packets with numbers, which it had not agreed to before', async () => {
    const { before, after, answer } = await changed();

    expect(before).toMatchObject({ isReportedByStream: true });
    expect(before?.extensions).not.toContainEqual(expect.objectContaining({ uri: TRANSPORT_WIDE_CC_URI }));
    expect(after).not.toHaveProperty('isReportedByStream');
    expect(after?.extensions).toContainEqual({ id: EXTENSION_ID, uri: TRANSPORT_WIDE_CC_URI });
    expect(answer.match(TRANSPORT_WIDE)?.length).toBeGreaterThanOrEqual(4);
    expect(answer).not.toMatch(REPORT_LINES);
  });

  test('is sent reports by number on what it publishes', async () => {
    const { publication } = await changed();

    expect(publication).toMatchObject({ transportWideCc: true });
    expect(publication).not.toHaveProperty('isReportedByStream');
  });
});
