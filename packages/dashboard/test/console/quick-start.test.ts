import { quickStart } from '../../src/console/quick-start.ts';

const values = { host: 'https://sfu.example', appId: 'demo', secret: 's3cret', stunUrl: 'stun:sfu.example:8081' };

test('the program contains the four values of the node', () => {
  const program = quickStart(values);

  expect(() => new Function(program)).not.toThrow();
  expect(program.match(/"[^"\n]*"/g)).toEqual([
    '"https://sfu.example"',
    '"demo"',
    '"s3cret"',
    '"stun:sfu.example:8081"',
    '"stun:sfu.example:8081"',
  ]);
});

test('no value can end its string literal and inject code', () => {
  const program = quickStart({ ...values, secret: '"; alert(1); "\n`' });

  expect(() => new Function(program)).not.toThrow();
  expect(program).toContain(String.raw`const secret = "\"; alert(1); \"\n`);
});
