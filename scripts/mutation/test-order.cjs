/** Has Jest run test files in the order in which they were given, most likely killers first, instead of the longest first. */
const { default: Sequencer } = require('@jest/test-sequencer');

class GivenOrder extends Sequencer {
  sort(tests) {
    const order = (process.env.CAUSEWAY_TEST_ORDER ?? '').split('\n');
    return [...tests].sort((a, b) => order.indexOf(a.path) - order.indexOf(b.path));
  }
}

module.exports = GivenOrder;
