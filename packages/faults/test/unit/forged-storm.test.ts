import { forgeStorm, UdpReader, writeForgedFragments, writeForgedPacket } from '@causeway/faults';

const STORM = { target: '10.77.0.1', targetPort: 8081, datagrams: 15_000, seed: 1, victims: [{ address: '10.77.0.2', port: 40_001 }] };
const FORGED = {
  source: '224.0.0.1',
  sourcePort: 0,
  destination: '10.77.0.1',
  destinationPort: 8081,
  payload: Buffer.from('twenty bytes, so it is'),
};

function framed(packet: Uint8Array): Buffer {
  return Buffer.concat([Buffer.alloc(12), Buffer.of(0x08, 0x00), packet]);
}

function sourceOf(packet: Uint8Array): string {
  return packet.subarray(12, 16).join('.');
}

/** Reads the source port of a UDP packet that is not a later fragment. */
function sourcePortOf(packet: Uint8Array): number {
  return (packet[20]! << 8) | packet[21]!;
}

describe('a forged packet', () => {
  it('says what it was told to say', () => {
    const packet = writeForgedPacket(FORGED);

    expect(sourceOf(packet)).toBe('224.0.0.1');
    expect(sourcePortOf(packet)).toBe(0);
    expect(new UdpReader().read(framed(packet))).toEqual({ destination: '10.77.0.1#8081', payload: FORGED.payload });
  });

  it('may lie about its length', () => {
    expect(Buffer.from(writeForgedPacket({ ...FORGED, claimedUdpBytes: 3 })).readUInt16BE(24)).toBe(3);
  });

  it('may come in two fragments', () => {
    const reader = new UdpReader();
    const [first, second] = writeForgedFragments(FORGED, 7, 16);

    expect(reader.read(framed(first))).toBeUndefined();
    expect(reader.read(framed(second))?.payload).toEqual(FORGED.payload);
  });
});

describe('a storm of forged packets', () => {
  const packets = [...forgeStorm(STORM)];
  const whole = packets.filter((packet) => (((packet[6]! << 8) | packet[7]!) & 0x1fff) === 0);

  it('is as long as it should be, and the same for the same seed', () => {
    expect(whole).toHaveLength(STORM.datagrams);
    expect(Buffer.concat([...forgeStorm(STORM)]).equals(Buffer.concat(packets))).toBe(true);
    expect(Buffer.concat([...forgeStorm({ ...STORM, seed: 2 })]).equals(Buffer.concat(packets))).toBe(false);
  });

  it('comes from port 0 and from everywhere else in port space', () => {
    const ports = whole.map(sourcePortOf);

    expect(ports.filter((port) => port === 0).length).toBeGreaterThan(2_000);
    for (let from = 0; from < 65_536; from += 1_024) expect(ports.some((port) => port >= from && port < from + 1_024)).toBe(true);
  });

  it.each(['127.0.0.1', '255.255.255.255', '10.77.0.255', '224.0.0.1', '0.0.0.0', '10.77.0.1', '10.77.0.2'])(
    'has some from %s',
    (source) => {
      expect(whole.some((packet) => sourceOf(packet) === source)).toBe(true);
    },
  );

  it('claims to be a client, with its port', () => {
    const ofVictim = whole.filter((packet) => sourceOf(packet) === '10.77.0.2');

    expect(new Set(ofVictim.map(sourcePortOf))).toEqual(new Set([40_001]));
  });

  it('has lengths that do not add up, and fragments with and without an end', () => {
    const lying = whole.filter((packet) => packet[6] === 0 && Buffer.from(packet).readUInt16BE(24) !== packet.length - 20);
    const begun = whole.filter((packet) => (packet[6]! & 0x20) !== 0);

    expect(lying.length).toBeGreaterThan(500);
    expect(begun.length).toBeGreaterThan(500);
    expect(packets.length - whole.length).toBeGreaterThan(250);
    expect(packets.length - whole.length).toBeLessThan(begun.length);
  });
});
