import { LinkQuality } from '../../src/transport/link-quality.ts';

function after(happens: (quality: LinkQuality) => void): LinkQuality {
  const quality = new LinkQuality();
  happens(quality);
  return quality;
}

describe('the round trip of a link', () => {
  it('is soon that of the way, though the first one was that of two busy processes', () => {
    const quality = after((link) => {
      for (const rttMs of [200, 2, 2, 2, 2]) link.noteAnswered(rttMs);
    });

    expect(quality.rttMs).toBeLessThan(15);
  });

  it('does not jump with one late answer', () => {
    const quality = after((link) => {
      for (const rttMs of [20, 20, 20, 100]) link.noteAnswered(rttMs);
    });

    expect(quality.rttMs).toBe(30);
  });

  it('follows a way that has become longer', () => {
    const quality = after((link) => {
      for (let check = 0; check < 60; check++) link.noteAnswered(check < 10 ? 20 : 120);
    });

    expect(quality.rttMs).toBeGreaterThan(115);
  });
});

describe('the loss of a link', () => {
  it('is about that of its checks, one way', () => {
    const quality = after((link) => {
      // Every tenth check or its answer is lost.
      for (let check = 0; check < 400; check++) {
        if (check % 10 === 0) link.noteUnanswered(1);
        else link.noteAnswered(20);
      }
    });

    expect(quality.lossRatio).toBeGreaterThan(0.03);
    expect(quality.lossRatio).toBeLessThan(0.07);
  });

  it('is not that of a silence: a link that is heard again was interrupted, it does not lose packets', () => {
    const quality = after((link) => {
      link.noteAnswered(20);
      link.noteUnanswered(1);
      for (let check = 0; check < 200; check++) link.noteUnanswered(1);
    });

    expect(quality.lossRatio).toBeLessThan(0.07);
  });
});
