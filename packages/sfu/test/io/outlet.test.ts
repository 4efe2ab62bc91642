/** Datagrams that a full socket does not take. */
import { SendKind } from '@causeway/media';
import { VirtualClock } from '@causeway/testkit/virtual-clock';
import fc from 'fast-check';
import { Outlet } from '../../src/io/outlet.ts';
import { type LocalSocket, SocketPath } from '../../src/io/socket-path.ts';
import { Uplink } from '../../src/io/uplink.ts';
import { NarrowSocket } from './support/narrow-socket.ts';

const { Video, Data, Audio, Rtcp, Control } = SendKind;
/** More than the kernel's buffer could hold for all that the test knows. */
const PLENTY = 100_000;

function openOutlet() {
  const clock = new VirtualClock();
  const losses: string[] = [];
  const unsent: string[] = [];
  let timesFree = 0;
  const uplink = new Uplink(clock, {
    onLost: (why) => losses.push(why),
    onUnsent: (to, packet) => unsent.push(`${Buffer.from(packet)} to ${to.remotePort}`),
    onFreeAgain: () => timesFree++,
  });
  const socket = new NarrowSocket();
  const outlet = new Outlet(socket.asSocket(), true, uplink);
  const path = new SocketPath({ outlet } as LocalSocket, '192.0.2.1', 5_000);
  const memory = new Uint8Array(3_000);
  const send = (text: string, kind: SendKind, to = path): void => {
    const bytes = Buffer.from(text);
    // Somewhere within memory that is used for every datagram, as an engine's arena is.
    memory.set(bytes, 7);
    outlet.send(to, memory, 7, bytes.length, kind);
    memory.fill(0xee);
  };
  return { clock, losses, unsent, timesFree: () => timesFree, uplink, socket, outlet, path, send, heard: () => socket.sent.map(String) };
}

test('datagrams that the socket accepts leave at once', () => {
  const { socket, send, heard, uplink } = openOutlet();
  socket.room = PLENTY;

  send('one', Video);
  send('two', Audio);

  expect(heard()).toEqual(['one', 'two']);
  expect([uplink.queuedBytes, uplink.queuedDatagrams]).toEqual([0, 0]);
});

test('what waits leaves as it was given, urgent things first, once there is room', async () => {
  const { clock, socket, send, heard, uplink } = openOutlet();
  for (const [text, kind] of [
    ['first', Video],
    ['video', Video],
    ['audio', Audio],
    ['report', Rtcp],
    ['check', Control],
  ] as const)
    send(text, kind);
  const queued = [uplink.queuedBytes, uplink.queuedDatagrams];

  socket.open(PLENTY);
  await clock.advance(2);
  const leftAfterMs = clock.nowMs();
  const left = heard();
  await clock.advance(400);

  expect([leftAfterMs, left]).toEqual([2, heard()]);
  expect(queued).toEqual(['firstvideoaudioreportcheck'.length, 4]);
  expect(heard()).toEqual(['first', 'audio', 'report', 'check', 'video']);
  expect([uplink.queuedBytes, uplink.queuedDatagrams, clock.armedTimers]).toEqual([0, 0, 0]);
});

test('data of clients waits behind audio and control, and shares what is left with video as it came', async () => {
  const { clock, socket, send, heard, path } = openOutlet();
  for (const [text, kind] of [
    ['first', Video],
    ['data 1', Data],
    ['video 1', Video],
    ['audio', Audio],
    ['data 2', Data],
    ['check', Control],
    ['video 2', Video],
  ] as const)
    send(text, kind);

  socket.open(PLENTY);
  await clock.advance(2);

  expect(heard()).toEqual(['first', 'audio', 'check', 'data 1', 'video 1', 'data 2', 'video 2']);
  expect(path.hasLostVideo).toBe(false);
});

test('audio displaces data that waits, and data that has waited for too long is dropped without asking for a keyframe', async () => {
  const { clock, socket, send, heard, path, uplink } = openOutlet();
  for (let number = 0; number < 3_000; number++) send(`data ${number}`, Data);
  for (let number = 0; number < 1_500; number++) send(`audio ${number}`, Audio);
  const displaced = uplink.counters.dropped.data;

  await clock.advance(150);
  socket.open(PLENTY);
  await clock.advance(2);

  expect(displaced).toBeGreaterThan(1_900);
  expect(heard().filter((text) => text.startsWith('audio'))).toHaveLength(1_500);
  expect(heard().filter((text) => text.startsWith('data'))).toEqual(['data 0']);
  expect([uplink.counters.dropped.audio, path.hasLostVideo]).toEqual([0, false]);
});

test('a full socket is given one datagram, and nothing is tried before that one has left', async () => {
  const { clock, socket, send } = openOutlet();
  for (let number = 0; number < 50; number++) send(`${number}`, Audio);

  await clock.advance(100);

  expect([socket.calls, socket.mostKept]).toEqual([1, 1]);
});

test('late video is dropped, and audio is kept for longer', async () => {
  const { clock, socket, send, heard, losses, uplink } = openOutlet();
  send('first', Audio);
  send('video', Video);
  send('audio', Audio);

  await clock.advance(150);
  socket.open(PLENTY);
  await clock.advance(2);

  expect(heard()).toEqual(['first', 'audio']);
  expect(losses).toEqual(['full']);
  expect(uplink.counters.dropped).toEqual({ video: 1, data: 0, audio: 0, rtcp: 0, control: 0 });
});

test('a socket with too many waiting datagrams accepts no more, and video makes room for the rest', () => {
  const { send, uplink } = openOutlet();
  send('first', Video);
  for (let number = 0; number < 5_000; number++) send('video', Video);
  const ofVideo = { ...uplink.counters.dropped };
  for (let number = 0; number < 1_500; number++) send('audio', Audio);
  const ofBoth = { ...uplink.counters.dropped };
  for (let number = 0; number < 1_500; number++) send('audio', Audio);

  expect(ofVideo).toMatchObject({ video: 5_000 - 1_024, audio: 0 });
  expect(ofBoth).toMatchObject({ video: 5_000 - (2_048 - 1_500), audio: 0 });
  expect(uplink.counters.dropped).toEqual({ video: 5_000, data: 0, audio: 3_000 - 2_048, rtcp: 0, control: 0 });
  expect(uplink.queuedDatagrams).toBe(2_048);
});

test('dropped media is reported with its bytes, whether it waited or not', async () => {
  const { clock, socket, send, unsent } = openOutlet();
  send('first', Audio);
  send('waits', Video);
  send('report', Rtcp);
  for (let number = 0; number < 1_022; number++) send('fills', Video);
  send('more', Video);

  const atOnce = [...unsent];
  await clock.advance(150);
  socket.open(PLENTY);
  await clock.advance(2);

  expect(atOnce).toEqual(['more to 5000']);
  expect(unsent.slice(0, 2)).toEqual(['more to 5000', 'waits to 5000']);
  expect(unsent).toHaveLength(1 + 1_023);
});

test('media that the system refuses is counted, most of it, once that has been noticed', () => {
  const { socket, send, uplink } = openOutlet();
  socket.room = PLENTY;
  socket.refusal = Object.assign(new Error('refused'), { code: 'EPERM' });

  for (let number = 0; number < 500; number++) send('video', Video);

  expect(uplink.counters.refused.forbidden).toBeGreaterThan(500 - 32);
});

test('all sockets together may have no more than a bounded number of datagrams wait', () => {
  const clock = new VirtualClock();
  const uplink = new Uplink(clock, { onLost: () => undefined, onUnsent: () => undefined, onFreeAgain: () => undefined });
  const packet = new Uint8Array(1_200);

  for (let each = 0; each < 40; each++) {
    const outlet = new Outlet(new NarrowSocket().asSocket(), true, uplink);
    const path = new SocketPath({ outlet } as LocalSocket, '192.0.2.1', each);
    for (let number = 0; number < 1_000; number++) outlet.send(path, packet, 0, packet.length, number % 2 === 0 ? Video : Audio);
  }

  expect(uplink.queuedDatagrams).toBe(4_096);
  expect(uplink.counters.dropped.video).toBeGreaterThan(uplink.counters.dropped.audio);
});

test('a path that has lost video is marked, and reported once the uplink has been free for a while', async () => {
  const { clock, socket, send, path, timesFree } = openOutlet();
  for (let number = 0; number < 3_000; number++) send('video', Video);
  const isMarked = path.hasLostVideo;

  socket.open(PLENTY);
  await clock.advance(200);
  const early = timesFree();
  await clock.advance(200);

  expect([isMarked, early, timesFree(), clock.armedTimers]).toEqual([true, 0, 1, 0]);
});

test('a path that has lost no video is not told that the uplink is free', async () => {
  const { clock, socket, send, timesFree } = openOutlet();
  for (let number = 0; number < 5_000; number++) send('audio', Audio);

  socket.open(PLENTY);
  await clock.advance(1_000);

  expect(timesFree()).toBe(0);
});

test('only datagrams that wait for a closed path are dropped', async () => {
  const { clock, socket, send, outlet, path, heard } = openOutlet();
  const gone = new SocketPath(path.shared, '192.0.2.2', 1);
  for (const text of ['first', 'second', 'third']) send(text, Audio);
  send('for nobody', Audio, gone);

  outlet.forget(gone);
  socket.open(PLENTY);
  await clock.advance(2);

  expect(heard()).toEqual(['first', 'second', 'third']);
});

test('waiting datagrams take no more memory the second time', async () => {
  const { clock, socket, send } = openOutlet();
  const allocate = jest.spyOn(Buffer, 'allocUnsafeSlow');
  const fillAndDrain = async (): Promise<number> => {
    const before = allocate.mock.calls.length;
    for (let number = 0; number < 500; number++) send('audio', Audio);
    socket.open(PLENTY);
    await clock.advance(2);
    socket.room = 0;
    return allocate.mock.calls.length - before;
  };

  const first = await fillAndDrain();
  const second = await fillAndDrain();
  allocate.mockRestore();

  // One datagram of each time was kept by the socket, as a pointer.
  expect([first, second]).toEqual([500, 1]);
});

test('closing with datagrams that wait leaves nothing behind', async () => {
  const { clock, socket, send, outlet, uplink } = openOutlet();
  for (let number = 0; number < 10; number++) send('late', Audio);

  outlet.close();
  socket.isClosed = true;
  await clock.advance(400);

  expect([uplink.queuedBytes, uplink.queuedDatagrams, clock.armedTimers]).toEqual([0, 0, 0]);
  expect(uplink.counters.dropped.audio).toBe(9);
});

test('a socket that throws costs the datagram, which is counted by what was wrong', () => {
  const { socket, send, heard, uplink, losses } = openOutlet();
  socket.room = PLENTY;
  socket.throws = Object.assign(new Error('closed'), { code: 'ERR_SOCKET_DGRAM_NOT_RUNNING' });

  send('one', Video);
  send('two', Video);

  expect(heard()).toEqual(['two']);
  expect([uplink.counters.refused.no_socket, losses]).toEqual([1, ['refused']]);
});

test('whatever comes and goes, each datagram leaves as it was given, once, in the order of its urgency class', async () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ send: fc.constantFrom(Video, Audio, Rtcp, Control) }) },
    { weight: 2, arbitrary: fc.record({ room: fc.integer({ min: 0, max: 6 }) }) },
    { weight: 1, arbitrary: fc.record({ waitMs: fc.integer({ min: 0, max: 120 }) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 200 }), async (steps) => {
      const { clock, socket, send, heard, uplink } = openOutlet();
      const given = { urgent: [] as string[], video: [] as string[] };
      for (const action of steps) {
        if ('send' in action) {
          const queue = action.send === Video ? given.video : given.urgent;
          const text = `${action.send === Video ? 'video' : 'urgent'} ${queue.length} ${'x'.repeat(queue.length % 40)}`;
          queue.push(text);
          send(text, action.send);
        } else if ('room' in action) socket.open(action.room);
        else await clock.advance(action.waitMs);
      }
      socket.open(PLENTY);
      await clock.advance(2);

      const left = heard();
      expect(left.filter((text) => text.startsWith('urgent'))).toEqual(without(given.urgent, left));
      expect(left.filter((text) => text.startsWith('video'))).toEqual(without(given.video, left));
      expect(left).toHaveLength(given.urgent.length + given.video.length - sum(uplink.counters.dropped));
      expect(socket.mostKept).toBeLessThanOrEqual(1);
      expect(uplink.queuedBytes).toBe(0);
    }),
    { numRuns: 300, seed: 12 },
  );
});

/** Those that have left, in the order in which they were given. */
function without(given: readonly string[], left: readonly string[]): readonly string[] {
  const remaining = new Set(left);
  return given.filter((text) => remaining.has(text));
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
