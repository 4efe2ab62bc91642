import { runRegistry } from './registry-part.ts';

await runRegistry({ isQuick: process.argv[2] === 'q' }, { print: console.log, note: console.error });
