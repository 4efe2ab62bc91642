import { MID_URI, REPAIRED_RTP_STREAM_ID_URI, RTP_STREAM_ID_URI } from '@causeway/wire';
import { RunningCall, UNHARMED } from './running-call.ts';

const EXTENSIONS = [
  { id: 1, uri: MID_URI },
  { id: 2, uri: RTP_STREAM_ID_URI },
  { id: 3, uri: REPAIRED_RTP_STREAM_ID_URI },
];
const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype', 'valueOf', '0', '', ' ', '\u0000', 'a'.repeat(16)];

describe('W10: names from the wire that mean something to JavaScript', () => {
  const propertiesBefore = Object.getOwnPropertyNames(Object.prototype);

  test.each(NAMES)('MID and RID %j change no object and name no stream', (name) => {
    const call = new RunningCall();
    const mallory = call.world.connectPeer('mallory');
    call.world.publish(mallory, { trackId: 'evil', mid: 'video', rids: ['hi', 'lo'], extensions: EXTENSIONS });
    const value = Buffer.from(name, 'latin1');
    let ssrc = 100;

    call.runFor(300, (nowMs) => {
      for (const named of [[1], [2], [3], [1, 2], [2, 3], [1, 2, 3]]) {
        const extensions = new Map(named.map((id) => [id, value] as const).filter(() => value.length > 0));
        mallory.sendRtp(nowMs, { ssrc: ssrc++, payloadType: 96, sequence: 1, timestamp: 1, payload: new Uint8Array(20), extensions });
      }
    });

    const [evil] = call.world.engine
      .snapshot(call.world.nowMs)
      .transports.flatMap(({ publisherTracks }) => publisherTracks.slice(-1))
      .slice(-1);
    expect(call.harm).toEqual(UNHARMED);
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(propertiesBefore);
    expect({}).not.toHaveProperty('latestRid');
    expect(evil).toMatchObject({ trackId: 'evil', layers: [] });
    expect(call.drops('unknown-ssrc')).toBeGreaterThan(50);
  });

  test.each(NAMES)('ids %j of a session, a track and a subscription are ids like others', (name) => {
    const call = new RunningCall();
    const { world } = call;
    const peer = world.connectPeer(name);
    world.publish(peer, { trackId: name, mid: name, ssrcs: [{ ssrc: 9, rtxSsrc: undefined }], rids: [] });
    world.subscribe(peer, { subscriptionId: name, sourceTrackId: name, ssrc: 90 });
    world.engine.handleCommand(world.nowMs, { type: 'remove-publisher-track', trackId: name });
    world.engine.handleCommand(world.nowMs, { type: 'close-transport', transportId: name });

    call.runFor(300);

    expect(call.harm).toEqual(UNHARMED);
    expect(world.engine.snapshot(world.nowMs).transports.map(({ transportId }) => transportId)).toEqual(['alice', 'bob']);
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(propertiesBefore);
  });
});
