import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Finds a program as a shell would. @throws Error – no folder of the PATH has it */
export function findProgram(name: string): string {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = folders.map((folder) => join(folder, name)).find(isExecutable);
  if (found === undefined) throw new Error(`there is no program "${name}" on the PATH; scripts/test e2e installs it on Debian`);
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
