import { WatchRecord } from '@causeway/faults';

function record(...counters: readonly number[]): WatchRecord {
  const watched = new WatchRecord();
  counters.forEach((counter, index) => {
    watched.add(counter, 10 * index);
  });
  return watched;
}

describe('what a subscriber got of a track', () => {
  it('counts each packet once, and those that came again apart', () => {
    expect(record(0, 1, 3, 1, 1, 2).figures(0)).toMatchObject({ received: 4, duplicates: 2 });
  });

  it('leaves out what was sent before the window began, even if it comes late', () => {
    const watched = record(0, 1, 4);
    watched.beginWindow();
    watched.add(3, 100);
    watched.add(5, 110);

    expect(watched.figures(110)).toMatchObject({ windowFrom: 5, received: 1, duplicates: 0 });
  });

  it('knows the longest time without a packet, and how long the last one is ago', () => {
    const watched = new WatchRecord();
    watched.add(0, 1_000);
    watched.add(1, 1_020);
    watched.add(2, 1_520);
    watched.add(3, 1_540);

    expect(watched.figures(1_640)).toMatchObject({ longestGapMs: 500, silentMs: 100 });
  });

  it('has been silent for ever before the first packet', () => {
    expect(new WatchRecord().figures(5)).toMatchObject({ received: 0, silentMs: Number.POSITIVE_INFINITY });
  });

  it('has room for as many packets as come', () => {
    const watched = record(0, 200_000);

    expect(watched.figures(0).received).toBe(2);
  });
});
