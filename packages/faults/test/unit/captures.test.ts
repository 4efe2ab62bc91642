import { PcapReader, socketName, UdpReader } from '@causeway/faults';

const ETHERNET = Buffer.alloc(12);
const PAYLOAD = Buffer.from('forty bytes of payload, more or less, ok');

function udp(payload: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(8081, 0);
  header.writeUInt16BE(40_001, 2);
  header.writeUInt16BE(8 + payload.length, 4);
  return Buffer.concat([header, payload]);
}

function ipv4(body: Buffer, { id = 1, offsetBytes = 0, isLast = true, protocol = 17 } = {}): Buffer {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + body.length, 2);
  header.writeUInt16BE(id, 4);
  header.writeUInt16BE((isLast ? 0 : 0x2000) | (offsetBytes / 8), 6);
  header[9] = protocol;
  header.set([10, 77, 0, 1], 12);
  header.set([10, 77, 0, 2], 16);
  return Buffer.concat([ETHERNET, Buffer.of(0x08, 0x00), header, body]);
}

function ipv6(next: number, body: Buffer): Buffer {
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header.writeUInt16BE(body.length, 4);
  header[6] = next;
  header[23] = 1;
  header.set([0xfd, 0x77], 24);
  header[39] = 2;
  return Buffer.concat([ETHERNET, Buffer.of(0x86, 0xdd), header, body]);
}

function ipv6Fragment(body: Buffer, offsetBytes: number, isLast: boolean): Buffer {
  const header = Buffer.from([17, 0, 0, 0, 0, 0, 0, 9]);
  header.writeUInt16BE(offsetBytes | (isLast ? 0 : 1), 2);
  return ipv6(44, Buffer.concat([header, body]));
}

function pcap(...frames: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt32LE(1, 20);
  const records = frames.map((frame) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return Buffer.concat([record, frame]);
  });
  return Buffer.concat([header, ...records]);
}

describe('a capture', () => {
  it.each([1, 7, 100, 10_000])('gives its frames, read %d bytes at a time', (pieceBytes) => {
    const frames = [ipv4(udp(PAYLOAD)), ipv6(17, udp(PAYLOAD)), Buffer.alloc(0), ipv4(udp(Buffer.alloc(0)))];
    const file = pcap(...frames);
    const reader = new PcapReader();
    const found: string[] = [];
    for (let at = 0; at < file.length; at += pieceBytes) {
      for (const frame of reader.read(file.subarray(at, at + pieceBytes))) found.push(frame.toString('hex'));
    }

    expect(found).toEqual(frames.map((frame) => frame.toString('hex')));
  });

  it('that is something else is refused', () => {
    expect(() => [...new PcapReader().read(Buffer.alloc(64))]).toThrow('no capture of Ethernet');
  });

  it('leaves out a record that was cut off', () => {
    const file = pcap(ipv4(udp(PAYLOAD)), ipv4(udp(PAYLOAD)));

    expect([...new PcapReader().read(file.subarray(0, -1))]).toHaveLength(1);
  });
});

describe('a frame', () => {
  it.each([
    ['IPv4', ipv4(udp(PAYLOAD)), '10.77.0.2'],
    ['IPv6', ipv6(17, udp(PAYLOAD)), 'fd77::2'],
    ['IPv4 with padding behind it', Buffer.concat([ipv4(udp(PAYLOAD)), Buffer.alloc(6)]), '10.77.0.2'],
  ])('of UDP over %s tells destination and payload', (_name, frame, address) => {
    expect(new UdpReader().read(frame)).toEqual({ destination: socketName(address, 40_001), payload: PAYLOAD });
  });

  it.each([
    ['TCP', ipv4(udp(PAYLOAD), { protocol: 6 })],
    ['ARP', Buffer.concat([ETHERNET, Buffer.of(0x08, 0x06), Buffer.alloc(28)])],
    ['a few bytes', Buffer.alloc(5)],
    ['half a UDP header', ipv4(Buffer.alloc(4))],
  ])('of %s is left out', (_name, frame) => {
    expect(new UdpReader().read(frame)).toBeUndefined();
  });

  it.each(['in order', 'backwards'])('that is one of several fragments gives the datagram with the last one to come, %s', (order) => {
    const body = udp(PAYLOAD);
    const four = [ipv4(body.subarray(0, 16), { isLast: false }), ipv4(body.subarray(16, 32), { offsetBytes: 16, isLast: false })];
    four.push(ipv4(body.subarray(32), { offsetBytes: 32 }));
    const six = [ipv6Fragment(body.subarray(0, 24), 0, false), ipv6Fragment(body.subarray(24), 24, true)];
    for (const frames of [four, six]) {
      const reader = new UdpReader();
      const found = (order === 'in order' ? frames : frames.toReversed()).map((frame) => reader.read(frame));

      expect(found.slice(0, -1).every((each) => each === undefined)).toBe(true);
      expect(found.at(-1)?.payload).toEqual(PAYLOAD);
      expect(reader.incomplete).toBe(0);
    }
  });

  it('that is a fragment is never joined with one of another datagram', () => {
    const body = udp(PAYLOAD);
    const reader = new UdpReader();
    reader.read(ipv4(body.subarray(0, 16), { id: 1, isLast: false }));

    expect(reader.read(ipv4(body.subarray(16), { id: 2, offsetBytes: 16 }))).toBeUndefined();
    expect(reader.incomplete).toBe(2);
  });
});
