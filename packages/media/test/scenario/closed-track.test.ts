/** A track is closed over the API, and its sender, which may not have heard of it or need not, goes on. */
import { OPUS, type ScriptedPeer, SIMULCAST_EXTENSIONS, VideoSource, VirtualWorld } from '@causeway/testkit';

const SSRC_OF = { mic: 7, music: 8 } as const;

test.each(['announced', 'not announced'])(
  'a track that is closed is not taken for another with the same payload type (SSRCs %s)',
  (how) => {
    const world = new VirtualWorld();
    const alice = world.connectPeer('alice');
    const bob = world.connectPeer('bob');
    const [mid] = SIMULCAST_EXTENSIONS;
    const audio = { kind: 'audio', codecs: [OPUS], extensions: [mid!] } as const;
    const announced = (ssrc: number) => (how === 'announced' ? [{ ssrc, rtxSsrc: undefined }] : []);
    world.publish(alice, { ...audio, trackId: 'mic', mid: '0', ssrcs: announced(SSRC_OF.mic) });
    world.publish(alice, { ...audio, trackId: 'music', mid: '1', ssrcs: announced(SSRC_OF.music) });
    world.subscribe(bob, { ...audio, sourceTrackId: 'music', ssrc: 70 });
    // libwebrtc leaves the MID out once it has had a report on the SSRC.
    const speakFor = (packets: number, mids: readonly string[]) => {
      for (let sequence = 0; sequence < packets; sequence++) {
        for (const [place, ssrc] of Object.values(SSRC_OF).entries()) {
          const extensions = new Map(mids.length === 0 ? [] : [[mid!.id, Uint8Array.of(mids[place]!.charCodeAt(0))]]);
          const payload = Uint8Array.of(ssrc, 1, 2);
          alice.sendRtp(world.nowMs, { ssrc, payloadType: OPUS.payloadType, sequence, timestamp: 960 * sequence, payload, extensions });
        }
        world.run(20);
      }
    };
    speakFor(10, ['0', '1']);

    world.engine.handleCommand(world.nowMs, { type: 'remove-publisher-track', trackId: 'mic' });
    speakFor(60, []);

    expect(new Set(bob.received.map(({ payload }) => payload[0]))).toEqual(new Set([SSRC_OF.music]));
    expect(bob.received).toHaveLength(60);
  },
);

/** Two layers whose RIDs are in the first packets only, and keyframes on request. */
class TersePublisher {
  readonly #world: VirtualWorld;
  readonly #peer: ScriptedPeer;
  readonly #extensions = ['q', 'f'].map(
    (rid) => new Map(SIMULCAST_EXTENSIONS.map(({ id }, place) => [id, Uint8Array.of((place === 0 ? '0' : rid).charCodeAt(0))])),
  );
  readonly #sources = this.#extensions.map(
    (extensions, place) => new VideoSource({ ssrc: 11 + place, payloadBytes: 100 + 900 * place, extensions }),
  );
  readonly #keyframeDue = new Set([11, 12]);

  constructor(world: VirtualWorld, peer: ScriptedPeer) {
    this.#world = world;
    this.#peer = peer;
    peer.onRtcp = (_nowMs, packet) => packet.type === 'pli' && this.#keyframeDue.add(packet.mediaSsrc);
  }

  becomeTerse(): void {
    for (const extensions of this.#extensions) extensions.clear();
  }

  publishFor(durationMs: number): void {
    for (let passedMs = 0; passedMs < durationMs; passedMs += 33) {
      for (const [place, source] of this.#sources.entries()) {
        const kind = this.#keyframeDue.delete(11 + place) ? 'key' : 'inter';
        for (const packet of source.nextFrame(kind)) this.#peer.sendRtp(this.#world.nowMs, packet);
      }
      this.#world.run(33);
    }
  }
}

test('a simulcast track that is closed and published again on the same media line comes in its layers as before', () => {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  for (const peer of [alice, bob]) world.keepAlive(peer, 10_000);
  const publication = { mid: '0', extensions: SIMULCAST_EXTENSIONS, rids: ['q', 'f'] };
  world.publish(alice, { ...publication, trackId: 'camera' });
  const publisher = new TersePublisher(world, alice);
  publisher.publishFor(1500);
  publisher.becomeTerse();
  publisher.publishFor(500);

  world.engine.handleCommand(world.nowMs, { type: 'remove-publisher-track', trackId: 'camera' });
  publisher.publishFor(500);
  world.publish(alice, { ...publication, trackId: 'camera again' });
  world.subscribe(bob, { sourceTrackId: 'camera again', ssrc: 70 });
  publisher.publishFor(2500);

  const tracks = world.engine.snapshot(world.nowMs).transports.flatMap(({ publisherTracks }) => publisherTracks);
  expect(tracks.flatMap(({ layers }) => layers.map(({ rid, ssrc }) => [rid, ssrc])).sort()).toEqual([
    ['f', 12],
    ['q', 11],
  ]);
  expect(bob.received.at(-1)?.payload).toHaveLength(1000);
});
