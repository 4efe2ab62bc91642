import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * Where the built web console is: in `dist` of the package `@causeway/dashboard`, found as Node finds packages, so that it works
 * from a checkout, from an installation and in a container image alike.
 *
 * @returns a folder that does not exist if the package is not installed
 */
export function findDashboardFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('@causeway/dashboard/package.json')), 'dist');
  } catch {
    return '/nonexistent';
  }
}
