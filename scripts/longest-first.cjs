/**
 * Has Jest start the longest test files first, so that its workers end at about the same time. Jest does so by itself with the durations of
 * earlier runs, which CI does not have.
 */
const { default: Sequencer } = require('@jest/test-sequencer');

/** Files of twenty seconds and more on two cores, the longest first. */
const LONGEST = [
  'packages/e2e/test/data-channels.test.ts',
  'packages/e2e/test/proxies-and-monitoring.test.ts',
  'packages/e2e/test/call-example.test.ts',
  'packages/e2e/test/killed-tabs.test.ts',
  'packages/e2e/test/packages.test.ts',
  'packages/faults/test/short/faults.test.ts',
  'packages/e2e/test/console.test.ts',
  'packages/media/test/scenario/narrow-path.test.ts',
  'packages/gateway/test/daemon.test.ts',
  'packages/sfu/test/relay/path/link-state-growth.test.ts',
  'packages/bench/test/shards.test.ts',
  'packages/gateway/test/daemon/cluster-daemon.test.ts',
  'packages/gateway/test/daemon/cluster-tokens.test.ts',
  'packages/gateway/test/daemon/books.test.ts',
  'packages/gateway/test/token-matrix.test.ts',
];

class LongestFirst extends Sequencer {
  async sort(tests) {
    const place = ({ path, context }) => {
      const index = LONGEST.indexOf(path.slice(context.config.rootDir.length + 1));
      return index < 0 ? LONGEST.length : index;
    };
    return (await super.sort(tests)).sort((a, b) => place(a) - place(b));
  }
}

module.exports = LongestFirst;
module.exports.LONGEST = LONGEST;
