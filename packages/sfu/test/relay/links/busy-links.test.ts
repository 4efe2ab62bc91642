/** Links between nodes that have very much to say to each other. */
import type { ControlMessage } from '../../../src/relay/links/control-messages.ts';
import { linked, type World } from './linked-nodes.ts';

const TRACKS = 5_000;
/** What SCTP lets wait, and drops messages beyond: `MAX_QUEUED_CHUNKS` in `secure`. */
const MAX_QUEUED_CHUNKS = 4_096;
const CHUNK_BYTES = 1_150;
const CODEC = {
  name: 'H264',
  clockRateHz: 90_000,
  channels: 1,
  fmtp: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
};

function want(wantId: number): ControlMessage {
  const codecs = Array.from({ length: 8 }, (_, place) => {
    return { ...CODEC, payloadType: 96 + 2 * place, rtxPayloadType: 97 + 2 * place, nack: true, pli: true, fir: true };
  });
  const layers = ['h', 'm', 'l'].map((rid, place) => ({ rid, ssrc: 6 * wantId + 2 * place, rtxSsrc: 6 * wantId + 2 * place + 1 }));
  return {
    type: 'subscribe',
    wantId,
    publicationId: `publication-${wantId}`,
    appId: 'app',
    sessionId: 'session',
    route: [1, 2],
    demand: { best: true, preferred: [], exact: [], weight: 1 },
    leg: { mid: `r${wantId}`, kind: 'video', codecs, extensions: [], layers },
  };
}

/** Asks for so many tracks in one turn, and notes when what was written. */
function asking(world: World, count: number): { readonly answers: readonly (boolean | undefined)[]; readonly writtenAtMs: number[] } {
  const { clock, one } = world;
  const writtenAtMs: number[] = [];
  const send = one.shard.send.bind(one.shard);
  one.shard.send = (command) => {
    const bytes = command.type === 'send-data' ? command.data.length : 0;
    for (let chunk = 0; chunk < bytes / CHUNK_BYTES; chunk++) writtenAtMs.push(clock.nowMs());
    send(command);
  };
  const link = one.links.find(2);
  return { answers: Array.from({ length: count }, (_, place) => link?.send(want(1 + place))), writtenAtMs };
}

function heardWants({ two }: World): number {
  return two.told.filter((line) => line === 'subscribe from 1').length;
}

describe('a link over which thousands of tracks are asked for at once', () => {
  it('carries what hundreds need in the same turn', async () => {
    const world = await linked();

    const { answers, writtenAtMs } = asking(world, 400);

    expect(answers).not.toContain(false);
    expect(writtenAtMs).toHaveLength(800);
    await world.clock.advance(100);
    expect(heardWants(world)).toBe(400);
  });

  it('stays up and carries all of it, though nothing leaves SCTP for as long as a link may be silent', async () => {
    const world = await linked();

    const { answers, writtenAtMs } = asking(world, TRACKS);
    await world.clock.advance(90_000);

    expect(answers).not.toContain(false);
    expect([world.one.told, heardWants(world)]).toEqual([['up 2'], TRACKS]);
    const inSevenSeconds = writtenAtMs.map((atMs, place) => writtenAtMs.findLastIndex((other) => other <= atMs + 7000) - place + 1);
    expect(Math.max(...inSevenSeconds)).toBeLessThan(MAX_QUEUED_CHUNKS);
  });

  it('reports link states meanwhile', async () => {
    const world = await linked();
    asking(world, TRACKS);

    world.one.links.find(2)?.send({ type: 'link-state', origin: 1, epoch: 1, revision: 1, isDraining: false, links: [] });
    await world.clock.advance(200);

    expect(world.two.told).toContain('link-state from 1');
  });

  it('forgets what waits when it fails, and comes back with nothing of it', async () => {
    const world = await linked();
    asking(world, TRACKS);
    const [transportId = ''] = world.two.shard.transports.keys();

    world.two.shard.send({ type: 'close-transport', transportId });
    world.two.shard.listener({ type: 'transport-closed', transportId, reason: 'connection_lost' });
    await world.clock.advance(30_000);

    expect(world.one.told).toEqual(['up 2', 'down 2 transport-closed', 'up 2']);
    expect(world.two.told.at(-1)).toBe('up 1');
  });

  it('leaves nothing behind when it is closed', async () => {
    const world = await linked();
    asking(world, TRACKS);

    world.one.links.close();
    world.two.links.close();
    await world.clock.advance(10_000);

    expect(world.clock.armedTimers).toBe(0);
  });

  it('fails on the second, and says why, when more waits than can be kept', async () => {
    const world = await linked();

    const { answers } = asking(world, 40_000);
    const before = [...world.one.told];
    await world.clock.advance(10_000);

    expect(answers.at(-1)).toBe(false);
    expect(before).toEqual(['up 2']);
    expect(world.one.told).toEqual(['up 2', 'down 2 too-much-to-say', 'up 2']);
  });
});
