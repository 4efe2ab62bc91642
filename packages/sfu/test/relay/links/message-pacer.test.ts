import { VirtualClock } from '@causeway/testkit/virtual-clock';
import { MessagePacer } from '../../../src/relay/links/message-pacer.ts';

const CHUNK_BYTES = 1_150;
const BURST_CHUNKS = 1_000;
const CHUNKS_PER_SECOND = 200;

function pacing(): { readonly clock: VirtualClock; readonly pacer: MessagePacer; readonly written: string[] } {
  const clock = new VirtualClock();
  return { clock, pacer: new MessagePacer(clock), written: [] };
}

describe('messages of a link', () => {
  it('leave at once, without a timer, as long as they are not more than a burst', () => {
    const { clock, pacer, written } = pacing();

    for (let place = 0; place < BURST_CHUNKS; place++) pacer.push({ type: 'subscribe' }, CHUNK_BYTES, () => written.push(`${place}`));

    expect(written).toHaveLength(BURST_CHUNKS);
    expect(clock.armedTimers).toBe(0);
  });

  it('leave at a steady rate from there on, in their order, however long the messages are', async () => {
    const { clock, pacer, written } = pacing();
    for (let place = 0; place < BURST_CHUNKS; place++)
      pacer.push({ type: 'subscribe' }, 3 * CHUNK_BYTES - 100, () => written.push(`${place}`));
    const atOnce = written.length;

    await clock.advance(6000);
    const afterSixSeconds = written.length;
    await clock.advance(60_000);

    expect(atOnce).toBe(Math.floor(BURST_CHUNKS / 3));
    expect(afterSixSeconds - atOnce).toBeCloseTo((6 * CHUNKS_PER_SECOND) / 3, -1);
    expect(written).toEqual(Array.from({ length: BURST_CHUNKS }, (_, place) => `${place}`));
    expect(clock.armedTimers).toBe(0);
  });

  it('save up no more than a burst while nothing is said', async () => {
    const { clock, pacer, written } = pacing();
    await clock.advance(3_600_000);

    for (let place = 0; place < 2 * BURST_CHUNKS; place++) pacer.push({ type: 'subscribe' }, 1, () => written.push(`${place}`));

    expect(written).toHaveLength(BURST_CHUNKS);
  });

  it('about links, and questions that clients wait for, go before thousands of wants', async () => {
    const { clock, pacer, written } = pacing();
    for (let place = 0; place < 5 * BURST_CHUNKS; place++) pacer.push({ type: 'subscribe' }, 1, () => undefined);

    pacer.push({ type: 'unsubscribe' }, 1, () => written.push('unsubscribe'));
    for (const type of ['locate', 'located', 'ask-path', 'path-told', 'pulse', 'link-state'] as const)
      pacer.push({ type }, 1, () => written.push(type));
    await clock.advance(100);
    const soon = [...written];
    await clock.advance(60_000);

    expect(soon).toEqual(['pulse', 'link-state', 'locate', 'located', 'ask-path', 'path-told']);
    expect(written).toEqual([...soon, 'unsubscribe']);
  });

  it('about wants get as much of the channel as questions that come without end', async () => {
    const { clock, pacer, written } = pacing();
    for (let place = 0; place < 2 * BURST_CHUNKS; place++) pacer.push({ type: 'subscribe' }, 1, () => written.push('want'));
    written.length = 0;

    for (let stroke = 0; stroke < 60; stroke++) {
      for (let place = 0; place < 50; place++) pacer.push({ type: 'locate' }, 2 * CHUNK_BYTES, () => written.push('question', 'question'));
      await clock.advance(50);
    }

    expect(written.filter((what) => what === 'want').length).toBeCloseTo((3 * CHUNKS_PER_SECOND) / 2, -1);
    expect(written.filter((what) => what === 'question').length).toBeCloseTo((3 * CHUNKS_PER_SECOND) / 2, -1);
  });

  it('that ask or answer are refused when they would come too late, and nothing else suffers', async () => {
    const { clock, pacer, written } = pacing();
    for (let place = 0; place < BURST_CHUNKS; place++) pacer.push({ type: 'subscribe' }, 1, () => undefined);

    const answers = Array.from({ length: 200_000 }, () => pacer.push({ type: 'locate' }, 1000, () => written.push('question')));
    pacer.push({ type: 'pulse' }, 1, () => written.push('pulse'));
    await clock.advance(60_000);

    expect(answers.filter(Boolean)).toHaveLength(2 * CHUNKS_PER_SECOND);
    expect([written[0], written.length]).toEqual(['pulse', 2 * CHUNKS_PER_SECOND + 1]);
    expect(pacer.hasOverflowed).toBe(false);
    expect(pacer.push({ type: 'locate' }, 1000, () => undefined)).toBe(true);
  });

  it('are replaced in their place by newer ones that say the same of the same want', async () => {
    const { clock, pacer, written } = pacing();
    for (let place = 0; place < BURST_CHUNKS; place++) pacer.push({ type: 'subscribe' }, 1, () => undefined);

    for (let round = 1; round <= 5000; round++) {
      for (const wantId of [1, 2]) {
        for (const type of ['demand', 'track'] as const)
          pacer.push({ type, wantId }, 16 << 10, () => written.push(`${type} ${wantId} ${round}`));
      }
      if (round === 1) pacer.push({ type: 'unsubscribe', wantId: 3 }, 1, () => written.push('unsubscribe 3'));
    }
    await clock.advance(1000);
    pacer.push({ type: 'demand', wantId: 1 }, 1, () => written.push('demand 1 last'));

    expect(written).toEqual(['demand 1 5000', 'track 1 5000', 'demand 2 5000', 'track 2 5000', 'unsubscribe 3', 'demand 1 last']);
    expect([pacer.hasOverflowed, clock.armedTimers]).toEqual([false, 0]);
  });

  it('are refused, and so are all that come after, once more waits than can be kept', async () => {
    const { clock, pacer } = pacing();
    const sizeBytes = 16 << 10;

    let accepted = 0;
    while (pacer.push({ type: 'accepted' }, sizeBytes, () => undefined)) accepted++;
    await clock.advance(10_000);

    expect(accepted * sizeBytes).toBeGreaterThan(64 << 20);
    expect(accepted * sizeBytes).toBeLessThan(66 << 20);
    expect([pacer.hasOverflowed, pacer.push({ type: 'pulse' }, 1, () => undefined)]).toEqual([true, false]);
  });

  it('are forgotten with their transport, and the next one begins again', async () => {
    const { clock, pacer, written } = pacing();
    for (let place = 0; place < 2 * BURST_CHUNKS; place++) pacer.push({ type: 'subscribe' }, 1, () => written.push('former'));

    pacer.clear();
    const left = clock.armedTimers;
    for (let place = 0; place < BURST_CHUNKS; place++) pacer.push({ type: 'subscribe' }, 1, () => written.push('next'));
    await clock.advance(60_000);

    expect(left).toBe(0);
    expect(written.filter((which) => which === 'former')).toHaveLength(BURST_CHUNKS);
    expect(written.filter((which) => which === 'next')).toHaveLength(BURST_CHUNKS);
  });
});
