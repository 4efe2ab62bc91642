import { ScriptedClient } from '@causeway/testkit/mesh';
import { type Joined, SfuUnderTest } from './sfu-under-test.ts';

/** A publisher's camera that one viewer receives. */
export async function watched(): Promise<{ world: SfuUnderTest; publisher: Joined; viewer: Joined }> {
  const world = new SfuUnderTest();
  const publisher = await world.joinPublisher();
  const viewer = await world.join(new ScriptedClient());
  await viewer.receive(publisher.track('camera'));
  return { world, publisher, viewer };
}
