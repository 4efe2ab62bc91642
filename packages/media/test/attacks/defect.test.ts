import { Engine, Path, type SecureEndpoint, type SecureEndpointOptions } from '@causeway/media';
import { hmacSha1, PlainSuite, plainHello } from '@causeway/testkit';
import { writeBindingRequest } from '@causeway/wire';

/** A suite in which some packets hit a defect of ours. */
class DefectiveSuite extends PlainSuite {
  override createEndpoint(options: SecureEndpointOptions): SecureEndpoint {
    const endpoint = super.createEndpoint(options);
    const { inbound } = endpoint;
    const { unprotectRtp } = inbound;
    inbound.unprotectRtp = (packet) => {
      if (packet.length === 13) throw new TypeError('a defect');
      return unprotectRtp.call(inbound, packet);
    };
    return endpoint;
  }
}

/** An engine that has a peer with a path, and what it reports of defects. */
function openEngine() {
  const defects: [string | undefined, unknown][] = [];
  const ignore = (): void => undefined;
  const owner = { throwsAtState: false };
  const engine = new Engine({
    suite: new DefectiveSuite(),
    sink: {
      send: ignore,
      queue: ignore,
      sendQueued: ignore,
      discardQueued: ignore,
      pathSelected: ignore,
      pathReleased: ignore,
      openPath: () => undefined,
    },
    onEvent(event) {
      if (event.type === 'defect') defects.push([event.transportId, event.error]);
      else if (owner.throwsAtState) throw new TypeError('a defect');
    },
    onOutputReady: ignore,
    hmacSha1,
    random: () => 0.5,
    randomBytes: (length) => new Uint8Array(length),
    wallClockOffsetMs: 0,
  });
  const path = new Path('192.0.2.1', 40_000);
  const credentials = { ufrag: 'ours', password: 'our-password' };
  engine.handleCommand(0, {
    type: 'open-transport',
    plan: { transportId: 'mallory', local: credentials, remote: credentials, dtlsRole: 'server', remoteFingerprints: [] },
  });
  const integrity = { key: Buffer.from(credentials.password), hmacSha1 };
  engine.handleDatagram(
    1,
    path,
    writeBindingRequest({ transactionId: new Uint8Array(12), username: 'ours:theirs', integrity, fingerprint: true }),
  );
  return { engine, path, defects, owner };
}

test('a packet that hits a defect is reported with its session and counted, and does not get past the engine', () => {
  const { engine, path, defects } = openEngine();
  engine.handleDatagram(2, path, plainHello());

  engine.handleDatagram(3, path, new Uint8Array(13).fill(0x80));

  expect(defects).toEqual([['mallory', expect.any(TypeError)]]);
  expect(engine.snapshot(3).drops.defect).toBe(1);
});

test('a defect in what a packet has left to be done is reported with its session, too', () => {
  const { engine, path, defects, owner } = openEngine();
  owner.throwsAtState = true;

  engine.handleDatagram(2, path, plainHello());

  expect(defects).toEqual([['mallory', expect.any(TypeError)]]);
  expect(engine.snapshot(3).drops.defect).toBe(1);
});
