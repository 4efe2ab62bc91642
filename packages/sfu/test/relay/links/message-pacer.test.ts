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

    for (let place = 0; place < BURST_CHUNKS; place++) pacer.push('subscribe', CHUNK_BYTES, () => written.push(`${place}`));

    expect(written).toHaveLength(BURST_CHUNKS);
    expect(clock.armedTimers).toBe(0);
  });

  it('leave at a steady rate from there on, in their order, however long the messages are', async () => {
    const { clock, pacer, written } = pacing();
    for (let place = 0; place < BURST_CHUNKS; place++) pacer.push('subscribe', 3 * CHUNK_BYTES - 100, () => written.push(`${place}`));
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

    for (let place = 0; place < 2 * BURST_CHUNKS; place++) pacer.push('subscribe', 1, () => written.push(`${place}`));

    expect(written).toHaveLength(BURST_CHUNKS);
  });

  it('about links, and questions that somebody waits for, go before thousands of wants', async () => {
    const { clock, pacer, written } = pacing();
    for (let place = 0; place < 5 * BURST_CHUNKS; place++) pacer.push('subscribe', 1, () => undefined);

    pacer.push('unsubscribe', 1, () => written.push('unsubscribe'));
    for (const type of ['pulse', 'link-state', 'locate', 'located', 'ask-path', 'path-told'] as const)
      pacer.push(type, 1, () => written.push(type));
    await clock.advance(100);
    const soon = [...written];
    await clock.advance(60_000);

    expect(soon).toEqual(['pulse', 'link-state', 'locate', 'located', 'ask-path', 'path-told']);
    expect(written).toEqual([...soon, 'unsubscribe']);
  });

  it('are refused, and so are all that come after, once more waits than can be kept', async () => {
    const { clock, pacer } = pacing();
    const sizeBytes = 16 << 10;

    let accepted = 0;
    while (pacer.push('track', sizeBytes, () => undefined)) accepted++;
    await clock.advance(10_000);

    expect(accepted * sizeBytes).toBeGreaterThan(64 << 20);
    expect(accepted * sizeBytes).toBeLessThan(66 << 20);
    expect([pacer.hasOverflowed, pacer.push('pulse', 1, () => undefined)]).toEqual([true, false]);
  });

  it('are forgotten with their transport, and the next one begins anew', async () => {
    const { clock, pacer, written } = pacing();
    for (let place = 0; place < 2 * BURST_CHUNKS; place++) pacer.push('subscribe', 1, () => written.push('former'));

    pacer.clear();
    const left = clock.armedTimers;
    for (let place = 0; place < BURST_CHUNKS; place++) pacer.push('subscribe', 1, () => written.push('next'));
    await clock.advance(60_000);

    expect(left).toBe(0);
    expect(written.filter((which) => which === 'former')).toHaveLength(BURST_CHUNKS);
    expect(written.filter((which) => which === 'next')).toHaveLength(BURST_CHUNKS);
  });
});
