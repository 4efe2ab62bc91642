import { SfuError } from '@causeway/protocol';

test('a refusal that comes by the thousand notes no stack', () => {
  expect(new SfuError('rate_limited', 'too many calls').stack).not.toContain('sfu-error.test.ts');
});

test('other errors, also those made right after one without, say where they were made', () => {
  const refusal = new SfuError('rate_limited', 'too many calls');

  const error = new SfuError('internal_error', 'a defect', { cause: refusal });

  expect(error.stack).toContain('sfu-error.test.ts');
  expect(new Error('another').stack).toContain('sfu-error.test.ts');
});
