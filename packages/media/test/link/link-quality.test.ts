import { LinkQuality } from '../../src/transport/link-quality.ts';

function after(happens: (quality: LinkQuality) => void): LinkQuality {
  const quality = new LinkQuality();
  happens(quality);
  return quality;
}

describe('the round trip of a link', () => {
  it('is that of the path with the first short answer, though both ends were busy before', () => {
    const quality = after((link) => {
      for (const rttMs of [200, 48, 2, 15]) link.noteAnswered(rttMs);
    });

    expect(quality.rttMs).toBe(2);
  });

  it('does not change with a few late answers', () => {
    const quality = after((link) => {
      for (const rttMs of [20, 100, 100, 100, 100, 100, 100, 100]) link.noteAnswered(rttMs);
    });

    expect(quality.rttMs).toBe(20);
  });

  it('follows a path that has become longer within eight answers', () => {
    const quality = after((link) => {
      for (let check = 0; check < 18; check++) link.noteAnswered(check < 10 ? 20 : 120);
    });

    expect(quality.rttMs).toBe(120);
  });

  it('is that of the path after an interruption, whatever it was before', () => {
    const quality = after((link) => {
      link.noteAnswered(20);
      link.noteUnanswered(4);
      link.noteAnswered(90);
    });

    expect(quality.rttMs).toBe(90);
  });
});

describe('what a narrow link holds back', () => {
  it('counts as loss once it has lasted for seconds, and is remembered when nothing is wanted of the link any more', () => {
    const blink = after((link) => link.noteWithheld(0.5));
    const narrow = after((link) => {
      for (let second = 0; second < 10; second++) link.noteWithheld(0.5);
    });
    const before = narrow.lossRatio;
    for (let second = 0; second < 30; second++) narrow.noteWithheld(0);

    expect(blink.lossRatio).toBeLessThan(0.1);
    expect(before).toBeGreaterThan(0.3);
    expect(narrow.lossRatio).toBeGreaterThan(before / 2);
    for (let second = 0; second < 300; second++) narrow.noteWithheld(0);
    expect(narrow.lossRatio).toBeLessThan(0.01);
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

  it('is not that of an interruption, whatever checks and reports say of it', () => {
    const quality = after((link) => {
      link.noteAnswered(20);
      for (let check = 0; check < 15; check++) {
        link.noteUnanswered(1);
        if (check % 3 === 2) link.noteMediaLoss(1);
      }
      link.noteAnswered(20);
      for (const lost of [1, 0.8, 0]) link.noteMediaLoss(lost);
    });

    expect(quality.lossRatio).toBe(0);
  });

  it('is none while nobody has been there to answer', () => {
    const quality = after((link) => {
      link.noteUnanswered(3);
      link.noteAnswered(20);
    });

    expect(quality.lossRatio).toBe(0);
  });

  it('is that of the media again a few reports after an interruption', () => {
    const quality = after((link) => {
      link.noteAnswered(20);
      link.noteUnanswered(6);
      link.noteAnswered(20);
      for (let report = 0; report < 20; report++) link.noteMediaLoss(0.1);
    });

    expect(quality.lossRatio).toBeCloseTo(0.1, 2);
  });
});
