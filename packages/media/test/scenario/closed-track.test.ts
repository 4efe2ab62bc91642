import { OPUS, VirtualWorld } from '@causeway/testkit';

const SSRC_OF = { mic: 7, music: 8 } as const;

test('a track that is closed while its sender goes on is not taken for another one with the same payload type', () => {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  const audio = { kind: 'audio', codecs: [OPUS] } as const;
  world.publish(alice, { ...audio, trackId: 'mic', mid: '0', ssrcs: [{ ssrc: SSRC_OF.mic, rtxSsrc: undefined }] });
  world.publish(alice, { ...audio, trackId: 'music', mid: '1', ssrcs: [{ ssrc: SSRC_OF.music, rtxSsrc: undefined }] });
  world.subscribe(bob, { ...audio, sourceTrackId: 'music', ssrc: 70 });
  // Without a MID: libwebrtc leaves it out once it has had a report on the SSRC.
  const speakFor = (packets: number) => {
    for (let sequence = 0; sequence < packets; sequence++) {
      for (const ssrc of Object.values(SSRC_OF)) {
        const payload = Uint8Array.of(ssrc, 1, 2);
        alice.sendRtp(world.nowMs, { ssrc, payloadType: OPUS.payloadType, sequence, timestamp: 960 * sequence, payload });
      }
      world.run(20);
    }
  };
  speakFor(10);

  world.engine.removePublisherTrack(world.nowMs, 'mic');
  speakFor(60);

  expect(new Set(bob.received.map(({ payload }) => payload[0]))).toEqual(new Set([SSRC_OF.music]));
});
