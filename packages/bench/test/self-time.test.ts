import { type CpuProfile, topSelfTimes } from '../src/profile/self-time.ts';

const node = (id: number, functionName: string, url = '', lineNumber = 0) => ({ id, callFrame: { functionName, url, lineNumber } });

const profile: CpuProfile = {
  nodes: [
    node(1, '(root)'),
    node(2, '(idle)'),
    node(3, 'protect', 'file:///work/main/packages/secure/src/srtp/protect.ts', 41),
    node(4, 'protect', 'file:///work/main/packages/secure/src/srtp/protect.ts', 41),
    node(5, '', 'file:///work/main/node_modules/werift/lib/index.mjs', 9),
  ],
  samples: [3, 2, 4, 5, 2],
  timeDeltas: [0, 300, 5000, 100, 100],
};

describe('topSelfTimes', () => {
  test('adds up one function over all its callers and leaves idle time out of the shares', () => {
    expect(topSelfTimes(profile, 10)).toEqual([
      { where: 'protect (packages/secure/src/srtp/protect.ts:42)', micros: 400, share: 0.8 },
      { where: '(anonymous) (werift/lib/index.mjs:10)', micros: 100, share: 0.2 },
    ]);
  });

  test('lists no more than asked for', () => {
    expect(topSelfTimes(profile, 1)).toHaveLength(1);
  });
});
