import { SfuError } from '@causeway/protocol';

test('an error that may be thrown by the thousand records no stack', () => {
  expect(new SfuError('rate_limited', 'too many calls').stack).not.toContain('sfu-error.test.ts');
});

test('all other errors record their stack, even one created right after an error without', () => {
  const refusal = new SfuError('rate_limited', 'too many calls');

  const error = new SfuError('internal_error', 'a defect', { cause: refusal });

  expect(error.stack).toContain('sfu-error.test.ts');
  expect(new Error('another').stack).toContain('sfu-error.test.ts');
});
