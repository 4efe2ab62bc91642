import { Audiences } from '../../src/router/track-router.ts';

test('a subscription is in the audience of the publication that it was moved to last, and of no other', () => {
  const audiences = new Audiences<string>();
  audiences.move('one', undefined, 'camera');
  audiences.move('other', undefined, 'camera');

  audiences.move('one', 'camera', 'screen');
  audiences.move('other', 'camera', 'camera');

  expect([...audiences.of('camera')]).toEqual(['other']);
  expect([...audiences.of('screen')]).toEqual(['one']);
});

test('a subscription that is gone is in no audience', () => {
  const audiences = new Audiences<string>();
  audiences.move('one', undefined, 'camera');

  audiences.move('one', 'camera', undefined);

  expect([...audiences.of('camera')]).toEqual([]);
});
