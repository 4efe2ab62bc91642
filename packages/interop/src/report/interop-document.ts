/** Writes docs/interop.md: the versions of the clients, what each pair received, and how to reproduce it. */
import { type ClientName, type InteropClient, VIDEO_CODECS, type VideoCodec } from '../clients/interop-client.ts';
import { hasSucceeded, type Join } from '../matrix/join.ts';

export interface InteropRun {
  readonly clients: readonly Pick<InteropClient, 'name' | 'version' | 'videoCodecs' | 'counts'>[];
  /** Results of sessions that only subscribe. */
  readonly joins: readonly Join[];
  /** Results of sessions that publish and subscribe. */
  readonly calls: readonly Join[];
  /** Rounds that were run again because the machine had stood still. */
  readonly repetitions: number;
  /** The number requested for each pair in each codec. */
  readonly joinsPerPair: number;
  /** The command line as it was typed. */
  readonly command: string;
  /** ISO 8601. */
  readonly date: string;
  /** One line: processor, system. */
  readonly machine: string;
}

/** Limitations of a client that its users should know. */
const REMARKS: Readonly<Partial<Record<ClientName, string>>> = {
  aiortc:
    'aiortc 1.4 ignores keyframe requests in H.264 and sends one every 250 frames, so a subscriber that joins later waits up to 17 s at 15 frames a second. In VP8 it honours them.',
  gstreamer:
    'webrtcbin 1.22 cannot reuse a media line that has been `inactive` ("transceiver direction changes are not implemented"). Let a subscriber offer only a data channel and no lines to receive on; the SFU then adds a line for each subscription. Set `bundle-policy=max-bundle`: the SFU refuses an offer without a BUNDLE group and says why.',
  firefox: "Firefox has H.264 only with the plug-in that it downloads from Cisco, which Debian's build lacks.",
  werift:
    'werift has no encoders or decoders. Here it sends recorded frames in a loop, and counts the frames of which it received every packet and the samples that arrived without a gap.',
};

const CODEC_TITLES: Readonly<Record<VideoCodec, string>> = { VP8: 'VP8', H264: 'H.264' };

export function writeInteropDocument(run: InteropRun): string {
  return `${[
    introduction(run),
    clientTable(run),
    '## Publishers and subscribers',
    'Successful joins of each pair, then frames and samples that the subscriber counted in all of them.',
    ...pairTables(run, run.joins),
    ...(run.calls.length === 0 ? [] : callSection(run)),
    failures([...run.joins, ...run.calls]),
  ].join('\n\n')}\n`;
}

function introduction({ command, date, machine, joins, joinsPerPair, repetitions }: InteropRun): string {
  const succeeded = joins.filter(hasSucceeded).length;
  const standstills =
    repetitions === 0 ? '' : `\nRounds repeated because the virtual machine was paused for seconds in the middle of them: ${repetitions}.`;
  return `# Interoperability

Written on ${date} by \`${command}\` (${machine}): do not edit, run it again.

Every client publishes a moving picture and a tone to one Causeway node, and every client subscribes to both: ${succeeded} of ${joins.length} joins
succeeded. A join is a new session with its own ICE, DTLS and negotiation. The publisher is already sending by then, so each join needs a keyframe of
its own. It succeeds when the subscriber has counted more than a second of picture and of sound. The publisher is new for each of the ${joinsPerPair} joins of a pair, and all clients join it at once.${standstills}`;
}

function callSection(run: InteropRun): string[] {
  const succeeded = run.calls.filter(hasSucceeded).length;
  return [
    '## Calls',
    `Two clients publish to and subscribe from each other, each with one session for both directions: ${succeeded} of ${run.calls.length} sides of calls
succeeded. A client that calls its own kind has both sides counted in one cell.`,
    ...pairTables(run, run.calls),
  ];
}

function clientTable({ clients }: InteropRun): string {
  const rows = clients.map(({ name, version, videoCodecs, counts }) => {
    const codecs = videoCodecs.map((codec) => CODEC_TITLES[codec]).join(', ');
    return `| ${name} | ${version} | ${codecs}, Opus | ${counts} |`;
  });
  const remarks = clients.flatMap(({ name }) => (REMARKS[name] === undefined ? [] : `* ${REMARKS[name]}`));
  const header = ['| client | version | codecs here | counts frames and samples |', '|---|---|---|---|'];
  return ['## Clients', '', ...header, ...rows, '', ...remarks].join('\n');
}

function pairTables(run: InteropRun, joins: readonly Join[]): string[] {
  const codecs = VIDEO_CODECS.filter((codec) => joins.some((join) => join.codec === codec));
  return codecs.flatMap((codec) => [
    `### ${CODEC_TITLES[codec]} and Opus`,
    pairTable(
      run,
      joins.filter((join) => join.codec === codec),
    ),
  ]);
}

function pairTable({ clients }: InteropRun, joins: readonly Join[]): string {
  const publishers = clients.filter(({ name }) => joins.some(({ publisher }) => publisher === name));
  const subscribers = clients.filter(({ name }) => joins.some(({ subscriber }) => subscriber === name));
  const rows = publishers.map(({ name }) => {
    const cells = subscribers.map((subscriber) => pairCell(joins, name, subscriber.name));
    return `| **${name}** | ${cells.join(' | ')} |`;
  });
  return [
    `| publisher → subscriber | ${subscribers.map(({ name }) => name).join(' | ')} |`,
    `|---|${subscribers.map(() => '---').join('|')}|`,
    ...rows,
  ].join('\n');
}

function pairCell(joins: readonly Join[], publisher: ClientName, subscriber: ClientName): string {
  const ofPair = joins.filter((join) => join.publisher === publisher && join.subscriber === subscriber);
  if (ofPair.length === 0) return '–';
  const sum = (key: 'frames' | 'samples'): string => ofPair.reduce((total, join) => total + join[key], 0).toLocaleString('en');
  return `${ofPair.filter(hasSucceeded).length} of ${ofPair.length}<br>${sum('frames')} frames<br>${sum('samples')} samples`;
}

function failures(joins: readonly Join[]): string {
  const lines = joins
    .filter((join) => !hasSucceeded(join))
    .map(({ publisher, subscriber, codec, failure = '' }) => {
      return `- ${publisher} → ${subscriber}, ${CODEC_TITLES[codec]}: ${failure.split('\n')[0]}`;
    });
  return ['## What failed', '', ...(lines.length > 0 ? lines : ['Nothing.'])].join('\n');
}
