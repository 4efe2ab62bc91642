import { parseArgs } from 'node:util';
import type { PublishOptions } from './client/publishing-client.ts';
import type { SfuAddress } from './sfu-api.ts';

export interface LoadOptions {
  readonly address: SfuAddress;
  readonly publishers: number;
  /** Each subscribes to every publisher. */
  readonly subscribers: number;
  /** What each publisher sends. */
  readonly publish: PublishOptions;
  readonly seconds: number;
}

export const USAGE = `node packages/loadtest/src/main.ts --app ID --secret SECRET [options]

Joins publishers and subscribers, runs for a while, and says what arrived. Every subscriber takes every publisher's track;
the first subscriber decrypts and checks every byte, the others count.

  --url http://127.0.0.1:8080   where the SFU's API is
  --app ID                      or CAUSEWAY_APP_ID
  --secret SECRET               or CAUSEWAY_APP_SECRET
  --publishers 1
  --subscribers 10
  --rate 250                    packets a second of each publisher
  --size 1200                   bytes of an RTP packet before SRTP
  --seconds 10
`;

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws Error – an option is unknown, missing or invalid; the message is one line */
export function readLoadOptions(commandLine: readonly string[], environment: Environment): LoadOptions {
  const { values } = parseArgs({
    args: [...commandLine],
    options: {
      url: { type: 'string', default: 'http://127.0.0.1:8080' },
      app: { type: 'string', default: environment.CAUSEWAY_APP_ID ?? '' },
      secret: { type: 'string', default: environment.CAUSEWAY_APP_SECRET ?? '' },
      publishers: { type: 'string', default: '1' },
      subscribers: { type: 'string', default: '10' },
      rate: { type: 'string', default: '250' },
      size: { type: 'string', default: '1200' },
      seconds: { type: 'string', default: '10' },
    },
  });
  if (values.app === '' || values.secret === '')
    throw new Error('--app and --secret are needed, or CAUSEWAY_APP_ID and CAUSEWAY_APP_SECRET');
  return {
    address: { url: values.url, appId: values.app, secret: values.secret },
    publishers: positiveInteger(values.publishers, '--publishers'),
    subscribers: positiveInteger(values.subscribers, '--subscribers'),
    publish: { packetsPerSecond: positiveInteger(values.rate, '--rate'), packetBytes: positiveInteger(values.size, '--size') },
    seconds: positiveInteger(values.seconds, '--seconds'),
  };
}

function positiveInteger(word: string, option: string): number {
  const value = Number(word);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${option} takes whole numbers from 1, not "${word}"`);
  return value;
}
