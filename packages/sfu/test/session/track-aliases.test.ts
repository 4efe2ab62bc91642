import { TrackId } from '@causeway/protocol';
import { APP, SfuUnderTest } from '../doubles/sfu-under-test.ts';

test('a track that is given a new id again and again is found by the last eight, and remembers no more', async () => {
  const world = new SfuUnderTest();
  const publisher = await world.joinPublisher('camera');
  const rename = (trackId: string) =>
    world.sfu.publish(APP, publisher.id, {
      tracks: [{ trackId: TrackId.parse(trackId), mid: '0' }],
      sessionDescription: publisher.client.createOffer(),
    });
  for (let number = 0; number < 20; number++) {
    const { sessionDescription } = await rename(`id-${number}`);
    if (sessionDescription !== undefined) publisher.client.applyAnswer(sessionDescription);
  }
  const viewer = await world.joinPublisher('other');
  const found: string[] = [];

  for (let number = 0; number < 20; number++) {
    const outcome = await viewer.subscribe(publisher.track(`id-${number}`)).then(
      (reply) => reply,
      () => undefined,
    );
    if (outcome === undefined) continue;
    found.push(`id-${number}`);
    await viewer.answer(outcome);
  }

  // The present one, the seven before it, and the one that its own description announces.
  expect(found).toEqual(['id-12', 'id-13', 'id-14', 'id-15', 'id-16', 'id-17', 'id-18', 'id-19']);
});
