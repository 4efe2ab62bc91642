import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ADMIN_ROUTES } from '../../src/admin/admin-routes.ts';

test('docs/admin.md has one row for each call, in the order of the routes', () => {
  const page = readFileSync(join(__dirname, '../../../../docs/admin.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([A-Z]+ \/[^`]*)` \|/gm)].map(([, call]) => call);

  expect(rows).toEqual(ADMIN_ROUTES.map(({ method, path }) => `${method.toUpperCase()} ${path}`));
});
