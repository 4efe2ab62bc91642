import { type InteropRun, type Join, writeInteropDocument } from '@causeway/interop';

const JOIN: Join = { publisher: 'aiortc', subscriber: 'chromium', codec: 'VP8', frames: 20, samples: 60_000, failure: undefined };
const RUN: InteropRun = {
  clients: [
    { name: 'aiortc', version: 'aiortc 1.4.0', videoCodecs: ['VP8', 'H264'], counts: 'decoded' },
    { name: 'chromium', version: '156', videoCodecs: ['VP8'], counts: 'decoded' },
  ],
  joins: [JOIN, { ...JOIN, frames: 5, failure: 'waited in vain\nwith a log' }],
  calls: [],
  repetitions: 0,
  joinsPerPair: 2,
  command: 'scripts/interop --joins 2',
  date: '2026-11-24',
  machine: '2 cores',
};

describe('docs/interop.md', () => {
  it('adds up the joins of a pair, and leaves a dash where there were none', () => {
    const document = writeInteropDocument({ ...RUN, joins: [JOIN, { ...JOIN, frames: 22 }, { ...JOIN, subscriber: 'aiortc' }] });

    expect(document).toContain('| **aiortc** | 1 of 1<br>20 frames<br>60,000 samples | 2 of 2<br>42 frames<br>120,000 samples |');
    expect(document).toContain('Nothing.');
    expect(document).not.toContain('H.264 and Opus');
  });

  it('counts a failed join as such, and names it in one line', () => {
    const document = writeInteropDocument(RUN);

    expect(document).toContain('1 of 2 joins\nsucceeded');
    expect(document).toContain('1 of 2<br>25 frames');
    expect(document).toContain('- aiortc → chromium, VP8: waited in vain\n');
    expect(document).not.toContain('with a log');
  });

  it('keeps calls apart from joins', () => {
    const [before, after] = writeInteropDocument({ ...RUN, joins: [JOIN], calls: [{ ...JOIN, frames: 33 }] }).split('## Calls');

    expect(before).toContain('20 frames');
    expect(after).toContain('33 frames');
    expect(writeInteropDocument(RUN)).not.toContain('## Calls');
  });

  it('says how many rounds were run again, and why', () => {
    expect(writeInteropDocument({ ...RUN, repetitions: 2 })).toContain('paused for seconds in the middle of them: 2.');
    expect(writeInteropDocument(RUN)).not.toContain('paused');
  });

  it('says when and how it was made', () => {
    expect(writeInteropDocument(RUN)).toContain('Written on 2026-11-24 by `scripts/interop --joins 2` (2 cores)');
  });
});
