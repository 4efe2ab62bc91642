/** Runs in Jest before each test file: notes the functions that the file reaches, and writes them down at its end. */
const { randomUUID } = require('node:crypto');
const { writeFileSync } = require('node:fs');
const { join } = require('node:path');

const folder = process.env.CAUSEWAY_REACH_FOLDER;
if (folder !== undefined) {
  const reached = new Set();
  globalThis.mutationReach = reached;
  afterAll(() => {
    const { testPath } = expect.getState();
    writeFileSync(join(folder, `${randomUUID()}.json`), JSON.stringify({ testFile: testPath, reached: [...reached] }));
  });
}
