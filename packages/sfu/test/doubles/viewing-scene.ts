import type { SubscribeItem } from '@causeway/protocol';
import { ScriptedClient } from '@causeway/testkit/mesh';
import { type Joined, SfuUnderTest } from './sfu-under-test.ts';

/** One viewer and several publishers with a camera each; nothing is subscribed to yet. */
export interface Scene {
  readonly world: SfuUnderTest;
  readonly viewer: Joined;
  readonly publishers: readonly Joined[];
}

export async function scene(publisherCount = 3): Promise<Scene> {
  const world = new SfuUnderTest();
  const publishers = [];
  for (let number = 0; number < publisherCount; number++) publishers.push(await world.joinPublisher(`camera-${number}`));
  const viewer = await world.join(new ScriptedClient());
  return { world, viewer, publishers };
}

/** The camera of one of the publishers. */
export function cameraOf({ publishers }: Scene, number: number): SubscribeItem {
  const publisher = publishers[number];
  if (publisher === undefined) throw new Error(`there is no publisher ${number}`);
  return publisher.track(`camera-${number}`);
}
