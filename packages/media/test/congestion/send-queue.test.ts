import fc from 'fast-check';
import { PacingBudget } from '../../src/congestion/pacing/pacing-budget.ts';
import { PacketRing } from '../../src/congestion/pacing/packet-ring.ts';
import { type QueuedStream, SendQueue } from '../../src/congestion/pacing/send-queue.ts';

const TARGET_BPS = 800_000;
const BURST_BPS = 2_000_000;
const PACKET_BYTES = 1000;

class RecordingStream implements QueuedStream {
  readonly sent: string[];
  readonly name: string;
  /** What the history has let go of. */
  readonly forgotten = new Set<number>();
  gaps = 0;

  constructor(name: string, sent: string[]) {
    this.name = name;
    this.sent = sent;
  }

  sendQueued(_nowMs: number, sourceSequence: number, sequence: number, epoch: number): boolean {
    if (this.forgotten.has(sourceSequence)) return false;
    this.sent.push(`${this.name} ${sourceSequence}>${sequence}/${epoch}`);
    return true;
  }

  resendQueued(_nowMs: number, sourceSequence: number): boolean {
    if (this.forgotten.has(sourceSequence)) return false;
    this.sent.push(`${this.name} again ${sourceSequence}`);
    return true;
  }

  queueDropped(): void {
    this.gaps++;
  }
}

function openQueue() {
  const losses = { overdue: 0, superseded: 0, forgotten: 0 };
  const queue = new SendQueue({
    overdue: (packets) => (losses.overdue += packets),
    superseded: (packets) => (losses.superseded += packets),
    forgotten: (packets) => (losses.forgotten += packets),
  });
  queue.setRates(0, TARGET_BPS, BURST_BPS);
  const sent: string[] = [];
  return { queue, losses, sent, camera: new RecordingStream('camera', sent), screen: new RecordingStream('screen', sent) };
}

/** Uses up what may leave at once. */
function fill({ queue }: ReturnType<typeof openQueue>, nowMs: number): number {
  let passed = 0;
  while (queue.passes(nowMs, PACKET_BYTES)) passed++;
  return passed;
}

/** Looks as often as a timer does. */
function releaseUntil({ queue }: ReturnType<typeof openQueue>, fromMs: number, toMs: number): void {
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += 5) queue.release(nowMs);
}

describe('the budget', () => {
  test('lets no more leave in any span of time than its rates allow, and all of that', () => {
    const budget = new PacingBudget();
    budget.setRates(0, TARGET_BPS, BURST_BPS);
    let bytes = 0;
    for (let nowMs = 0; nowMs < 10_000; nowMs += 5) {
      while (budget.hasRoom(nowMs)) {
        budget.spend(PACKET_BYTES);
        bytes += PACKET_BYTES;
      }
    }

    const sustained = (TARGET_BPS / 8) * 10;
    expect(bytes).toBeGreaterThan(sustained);
    expect(bytes).toBeLessThan(sustained + (TARGET_BPS / 8) * 0.3 + 2 * PACKET_BYTES);
  });

  /** @returns how long twenty packets take to leave */
  function keyframeMs(waitingBytes: number): number {
    const budget = new PacingBudget();
    budget.setRates(0, TARGET_BPS, BURST_BPS);
    budget.hurry(0, waitingBytes);
    let nowMs = 0;
    for (let left = 20; left > 0; nowMs += 5) {
      for (; left > 0 && budget.hasRoom(nowMs); left--) budget.spend(PACKET_BYTES);
    }
    return nowMs;
  }

  test('sends a keyframe little faster than the target, and no faster than bursts may be if much waits', () => {
    expect(keyframeMs(20 * PACKET_BYTES)).toBeGreaterThan(120);
    expect(keyframeMs(20 * PACKET_BYTES)).toBeLessThanOrEqual(160);
    expect(keyframeMs(1_000_000)).toBeGreaterThan(50);
    expect(keyframeMs(1_000_000)).toBeLessThanOrEqual(100);
  });
});

test('what waits leaves in its order, once each, whatever comes and goes', () => {
  const steps = fc.array(fc.oneof(fc.constant('push'), fc.constant('shift'), fc.constant('drop')), { maxLength: 400 });
  fc.assert(
    fc.property(steps, (script) => {
      const ring = new PacketRing<string>();
      let model: { stream: string | undefined; sequence: number }[] = [];
      const sizeOf = (sequence: number) => sequence % 1500;
      let next = 0;
      for (const step of script) {
        if (step === 'push') {
          const stream = next % 3 === 0 ? 'a' : 'b';
          ring.push(next, stream, next + 1e9, next, (next % 0xffff) + 1, sizeOf(next));
          model.push({ stream, sequence: next++ });
        } else if (step === 'drop') {
          ring.drop('a');
          model = model.map((entry) => (entry.stream === 'a' ? { ...entry, stream: undefined } : entry));
          while (model.length > 0 && model[0]?.stream === undefined) model.shift();
        } else if (!ring.isEmpty) {
          expect({ stream: ring.stream, sequence: ring.sequence }).toEqual(model[0]);
          expect(ring.sourceSequence).toBe(ring.sequence + 1e9);
          ring.shift();
          model.shift();
        }
        expect(ring.size).toBe(model.length);
        expect(ring.bytes).toBe(model.reduce((sum, { stream, sequence }) => sum + (stream === undefined ? 0 : sizeOf(sequence)), 0));
      }
    }),
  );
});

describe('the queue', () => {
  test('is passed while nothing waits and there is room', () => {
    const scene = openQueue();

    expect(fill(scene, 0)).toBeGreaterThan(1);
    expect(scene.queue.passes(0, PACKET_BYTES)).toBe(false);
    expect(scene.queue.passes(100, PACKET_BYTES)).toBe(true);
  });

  test('lets nothing of video pass what waits', () => {
    const scene = openQueue();
    fill(scene, 0);
    scene.queue.addVideo(0, scene.camera, 1, 11, 1, PACKET_BYTES);

    expect(scene.queue.passes(200, PACKET_BYTES)).toBe(false);
  });

  test('sends retransmissions before video', () => {
    const scene = openQueue();
    fill(scene, 0);
    scene.queue.addVideo(0, scene.camera, 5, 15, 2, PACKET_BYTES);
    scene.queue.addResend(1, scene.camera, 3, 13, 2, PACKET_BYTES);

    scene.queue.release(50);

    expect(scene.sent).toEqual(['camera again 3', 'camera 5>15/2']);
  });

  test('sends no more at a time than there is room for', () => {
    const scene = openQueue();
    fill(scene, 0);
    for (let n = 0; n < 50; n++) scene.queue.addVideo(0, scene.camera, n, n, 1, PACKET_BYTES);
    scene.queue.release(5);

    expect(scene.sent.length).toBeGreaterThan(0);
    expect(scene.sent.length).toBeLessThan(5);
    expect(scene.queue.isEmpty).toBe(false);
  });

  test('drops the stream of which most waits when one packet has waited a quarter of a second', () => {
    const scene = openQueue();
    scene.queue.setRates(0, 30_000, 75_000);
    fill(scene, 0);
    scene.queue.addVideo(0, scene.screen, 1, 1, 1, PACKET_BYTES);
    for (let n = 0; n < 50; n++) scene.queue.addVideo(0, scene.camera, n, n, 1, PACKET_BYTES);

    releaseUntil(scene, 5, 255);

    expect(scene.sent).toContain('screen 1>1/1');
    expect(scene.losses.overdue + scene.sent.length).toBe(51);
    expect(scene.losses.overdue).toBeGreaterThan(45);
    expect([scene.camera.gaps, scene.screen.gaps]).toEqual([1, 0]);
  });

  test('does not count it as waiting when the process was held up', () => {
    const scene = openQueue();
    fill(scene, 0);
    for (let n = 0; n < 20; n++) scene.queue.addVideo(0, scene.camera, n, n, 1, PACKET_BYTES);
    for (let n = 0; n < 5; n++) scene.queue.addResend(0, scene.screen, n, n, 1, PACKET_BYTES);
    scene.queue.release(5);

    releaseUntil(scene, 405, 600);

    expect(scene.losses.overdue).toBe(0);
    expect(scene.sent.length).toBe(25);
    expect(scene.queue.isEmpty).toBe(true);
  });

  test('drops retransmissions that have waited too long one by one, which makes no gap', () => {
    const scene = openQueue();
    scene.queue.setRates(0, 30_000, 75_000);
    fill(scene, 0);
    for (let n = 0; n < 20; n++) scene.queue.addResend(0, scene.camera, n, n, 1, PACKET_BYTES);

    releaseUntil(scene, 5, 255);

    expect(scene.losses.overdue + scene.sent.length).toBe(20);
    expect(scene.losses.overdue).toBeGreaterThan(10);
    expect(scene.camera.gaps).toBe(0);
  });

  test('bears that what waits is let go of by the history', () => {
    const scene = openQueue();
    fill(scene, 0);
    for (let n = 0; n < 4; n++) scene.queue.addVideo(0, scene.camera, n, n, 1, PACKET_BYTES);
    scene.queue.addVideo(0, scene.screen, 9, 9, 1, PACKET_BYTES);
    scene.camera.forgotten.add(1);

    scene.queue.release(100);

    expect(scene.sent).toEqual(['camera 0>0/1', 'screen 9>9/1']);
    expect(scene.losses).toEqual({ overdue: 0, superseded: 0, forgotten: 3 });
    expect(scene.camera.gaps).toBe(1);
  });

  test('forgets what waits of a stream that begins again, without a gap', () => {
    const scene = openQueue();
    fill(scene, 0);
    for (let n = 0; n < 4; n++) scene.queue.addVideo(0, scene.camera, n, n, 1, PACKET_BYTES);

    scene.queue.remove(scene.camera);
    scene.queue.addVideo(1, scene.camera, 100, 4, 2, PACKET_BYTES);
    scene.queue.release(50);

    expect(scene.sent).toEqual(['camera 100>4/2']);
    expect(scene.losses.superseded).toBe(4);
    expect(scene.camera.gaps).toBe(0);
  });

  test('holds no more than its capacity, then begins again', () => {
    const scene = openQueue();
    fill(scene, 0);
    for (let n = 0; n < 5000; n++) scene.queue.addVideo(0, scene.camera, n, n, 1, PACKET_BYTES);

    expect(scene.losses.overdue).toBe(4097);
    expect(scene.camera.gaps).toBe(1);
  });

  test('sends all at once when nothing limits it any more', () => {
    const scene = openQueue();
    fill(scene, 0);
    for (let n = 0; n < 30; n++) scene.queue.addVideo(0, scene.camera, n, n, 1, PACKET_BYTES);

    scene.queue.releaseAll(1);

    expect(scene.sent).toHaveLength(30);
    expect(scene.queue.isEmpty).toBe(true);
  });
});

test('while a filled path drains, nothing leaves, and nothing is dropped for having waited', () => {
  const scene = openQueue();
  const { queue, losses, sent, camera } = scene;

  queue.noteFilledPath(0, TARGET_BPS, 200);
  for (let packet = 0; packet < 25; packet++) {
    if (!queue.passes(0, PACKET_BYTES)) queue.addVideo(0, camera, packet, packet, 1, PACKET_BYTES);
  }
  releaseUntil(scene, 0, 100);
  const early = sent.length;
  releaseUntil(scene, 105, 445);

  expect(early).toBe(0);
  expect(sent.length).toBeGreaterThan(20);
  expect(losses.overdue).toBe(0);

  for (let packet = 25; packet < 125; packet++) queue.addVideo(445, camera, packet, packet, 1, PACKET_BYTES);
  releaseUntil(scene, 445, 720);
  expect(losses.overdue).toBeGreaterThan(0);
});
