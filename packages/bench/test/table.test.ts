import { formatTable } from '../src/report/table.ts';

describe('formatTable', () => {
  test('makes columns as wide as their widest cell, names to the left and figures to the right', () => {
    expect(
      formatTable(
        ['name', 'us'],
        [
          ['floor', '6.1'],
          ['causeway', '10.25'],
        ],
      ),
    ).toBe(['| name     |    us |', '|----------|------:|', '| floor    |   6.1 |', '| causeway | 10.25 |'].join('\n'));
  });
});
