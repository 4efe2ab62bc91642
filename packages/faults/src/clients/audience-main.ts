/** A process with lean audio and video clients, separate from the node. */
import { answerQuestions } from '@causeway/lab';
import { createLoadApi, PublishingClient, repeatConcurrently, type SfuAddress } from '@causeway/loadtest';
import { createSecureSuite } from '@causeway/secure';
import { AudienceMember, toldPeer } from './audience-member.ts';
import type { AudienceVerbs } from './audience-verbs.ts';

const JOINS_AT_ONCE = 2;

const suite = await createSecureSuite();
const publishers: PublishingClient[] = [];
const members: AudienceMember[] = [];

answerQuestions<AudienceVerbs>(process, {
  async publish({ address, options }) {
    const client = await PublishingClient.join(contextOf(address), options);
    publishers.push(client);
    return client.track;
  },
  start() {
    for (const client of publishers) client.start();
  },
  pause() {
    for (const client of publishers) client.pause();
  },
  sent: () => Object.fromEntries(publishers.map(({ track, sent }) => [track.remoteTrackId, sent])),
  watch: ({ address, tracks, count }) =>
    repeatConcurrently(count, JOINS_AT_ONCE, async () => members.push(await AudienceMember.join(contextOf(address), tracks))),
  beginWindow() {
    for (const member of members) member.beginWindow();
  },
  awaitMovement() {
    for (const member of members) member.awaitMovement();
  },
  figures: () => members.map((member) => member.figures()),
  told: () => [...publishers.map(({ localAddress }) => toldPeer(localAddress, [])), ...members.map(({ told }) => told)],
  async leave() {
    await Promise.allSettled([...publishers.splice(0), ...members.splice(0)].map((client) => client.leave()));
  },
});
process.once('disconnect', () => process.exit());
process.on('SIGINT', () => {});

function contextOf(address: SfuAddress) {
  return { api: createLoadApi(address), suite };
}
