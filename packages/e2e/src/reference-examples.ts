/** The examples of the API's reference, unchanged except for what every user replaces: host, app, secret and STUN server. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Daemon } from './servers/daemon.ts';

export type ReferenceExample = 'quick-start' | 'publish-track' | 'close-track';

const FIXTURE_FOLDER = resolve(import.meta.dirname, '../fixtures');

/** Reads an example as the reference prints it. */
export function readReferenceExample(example: ReferenceExample): string {
  return readFileSync(resolve(FIXTURE_FOLDER, `${example}.txt`), 'utf8');
}

/** All code examples of the reference's own text, without their line breaks. */
export function listReferenceExamples(): string[] {
  const text = readFileSync(resolve(FIXTURE_FOLDER, 'reference.txt'), 'utf8');
  return [...text.matchAll(/```javascript (.*?) ```/g)].map(([, code = '']) => code);
}

/** Adapts an example to a running daemon by the four replacements alone. */
export function fillIn(example: string, { access, udpPort }: Pick<Daemon, 'access' | 'udpPort'>, stunHost: string = '127.0.0.1'): string {
  return example
    .replaceAll('https://global.sfu.metered.ca', access.host)
    .replaceAll('const sfuAppId = ""', `const sfuAppId = "${access.appId}"`)
    .replaceAll('const secret = ""', `const secret = "${access.secret}"`)
    .replaceAll('stun:stun.metered.ca:80', `stun:${stunHost}:${udpPort}`);
}

/** The quick start of the project's own README, filled in for a running daemon. */
export function readReadmeQuickStart({ access, udpPort }: Pick<Daemon, 'access' | 'udpPort'>): string {
  const readme = readFileSync(resolve(import.meta.dirname, '../../../README.md'), 'utf8');
  const [, code = ''] = /```js\n(.*?)```/s.exec(readme) ?? [];
  return code
    .replace("'http://localhost:8080'", `'${access.host}'`)
    .replace("sfuAppId = 'YOUR_APP_ID'", `sfuAppId = '${access.appId}'`)
    .replace("secret = 'YOUR_SECRET'", `secret = '${access.secret}'`)
    .replace('stun:localhost:8081', `stun:127.0.0.1:${udpPort}`);
}
