import { createNotices } from '../../src/console/notices.ts';

test('the newest three notices are kept, and a repeated one is kept once', () => {
  const notices = createNotices();

  for (const failure of ['a', 'b', 'a']) notices.report(new DOMException(failure, failure === 'a' ? 'NotFoundError' : 'NotAllowedError'));

  expect(notices.list.read().map(({ detail }) => detail)).toEqual(['b', 'a']);
});

test('a notice stays until it is dismissed', () => {
  const notices = createNotices();
  notices.report(new Error('x'));

  notices.dismiss(notices.list.read()[0]!.id);

  expect(notices.list.read()).toEqual([]);
});
