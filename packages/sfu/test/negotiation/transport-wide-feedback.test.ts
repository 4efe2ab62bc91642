import { capturedOffer } from '@causeway/testkit/captured-offers';
import { ScriptedClient } from '@causeway/testkit/mesh';
import { isRejectedSection, parseSdp, type SdpSection, TRANSPORT_WIDE_CC_URI } from '@causeway/wire';
import { APP, SfuUnderTest } from '../doubles/sfu-under-test.ts';

const EXTENSION_LINE = /a=extmap:\d+(\/\w+)? http:\/\/www\.ietf\.org\/id\/draft-holmer\S*\r\n/g;
const FEEDBACK_LINE = /a=rtcp-fb:\S+ transport-cc\r\n/g;

/** A viewer of one camera who answers the SFU's offer as `change` says. @returns the plan of the subscription */
async function planAfterAnswer(change: (sdp: string) => string) {
  const world = new SfuUnderTest();
  const publisher = await world.joinPublisher();
  const client = new ScriptedClient();
  client.addTransceiver('audio', { direction: 'sendonly' });
  const viewer = await world.join(client);
  const { sessionDescription } = await viewer.subscribe(publisher.track('camera'));
  if (sessionDescription === undefined) throw new Error('there is no offer');
  const answer = client.answerOffer(sessionDescription);
  await world.sfu.renegotiate(APP, viewer.id, { sessionDescription: { type: 'answer', sdp: change(answer.sdp) } });
  const [plan] = world.shard.subscriptionsOf(viewer.id);
  return { plan, offer: sessionDescription.sdp };
}

function hasExtension({ extensions }: SdpSection): boolean {
  return extensions.some(({ uri }) => uri === TRANSPORT_WIDE_CC_URI);
}

function hasFeedback({ codecs }: SdpSection): boolean {
  return codecs.some(({ feedback }) => feedback.some(({ type }) => type === 'transport-cc'));
}

test('a subscriber that agrees to both gets transport-wide numbers', async () => {
  const { plan, offer } = await planAfterAnswer((sdp) => sdp);
  const parsed = parseSdp(offer);
  const id = parsed.ok && parsed.description.sections.at(-1)?.extensions.find(({ uri }) => uri === TRANSPORT_WIDE_CC_URI)?.id;

  expect(plan?.extensions).toContainEqual({ id, uri: TRANSPORT_WIDE_CC_URI });
});

test.each([
  ['understands the extension but would send no feedback', FEEDBACK_LINE],
  ['would send feedback but does not understand the extension', EXTENSION_LINE],
])('a subscriber that %s gets none', async (_, line) => {
  const { plan } = await planAfterAnswer((sdp) => {
    const [head, added] = [sdp.slice(0, sdp.lastIndexOf('m=')), sdp.slice(sdp.lastIndexOf('m='))];
    expect(added.match(line)).not.toBeNull();
    return head + added.replace(line, '');
  });

  expect(plan?.extensions.map(({ uri }) => uri)).not.toContain(TRANSPORT_WIDE_CC_URI);
});

test.each([
  ['chromium-audio-video-recvonly', true],
  ['firefox-audio-video-recvonly', true],
  ['aiortc-audio-video-recvonly', false],
])('a client that offers to receive (%s) is answered with both on each section, or with neither', async (name, isExpected) => {
  const world = new SfuUnderTest();
  const { sessionDescription } = await world.sfu.createSession(APP, {
    sessionDescription: { type: 'offer', sdp: capturedOffer(name) },
  });
  const parsed = parseSdp(sessionDescription.sdp);
  const sections = parsed.ok ? parsed.description.sections.filter((section) => !isRejectedSection(section)) : [];

  expect(sections.map(hasExtension)).toEqual([isExpected, isExpected]);
  expect(sections.map(hasFeedback)).toEqual([isExpected, isExpected]);
});

test.each(['gstreamer-audio-video-publisher', 'chromium-simulcast-publisher', 'firefox-simulcast-publisher'])(
  'no section of a publisher (%s) has one without the other',
  async (name) => {
    const world = new SfuUnderTest();
    const { sessionDescription } = await world.sfu.createSession(APP, {
      sessionDescription: { type: 'offer', sdp: capturedOffer(name) },
    });
    const parsed = parseSdp(sessionDescription.sdp);
    const sections = parsed.ok ? parsed.description.sections : [];

    expect(sections.length).toBeGreaterThan(0);
    expect(sections.map(hasExtension)).toEqual(sections.map(hasFeedback));
  },
);
