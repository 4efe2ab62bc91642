import { parseArgs } from 'node:util';
import type { ContestantName } from './contestants/contestant.ts';
import { ROOM_SHAPES } from './rooms/room-shapes.ts';

export const PARTS = [
  'floor',
  'forwarding',
  'rooms',
  'idle',
  'latency',
  'joins',
  'memory',
  'crossing',
  'shards',
  'relays',
  'registry',
  'cluster',
  'negotiation',
  'tokens',
  'data',
  'files',
] as const;
export type Part = (typeof PARTS)[number];

/** A single subscriber, many subscribers, and one behind a lossy path. */
export const DATA_SHAPES = ['one', 'many', 'lossy'] as const;

const DEFAULT_PROFILE_PATH = 'causeway.cpuprofile';
const CONTESTANTS: readonly ContestantName[] = ['floor', 'causeway', 'naive'];
const MEASURED_AGAINST: ContestantName = 'against';

export interface BenchOptions {
  readonly parts: readonly Part[];
  readonly contestants: readonly ContestantName[];
  readonly subscriberCounts: readonly number[];
  readonly rounds: number;
  readonly secondsPerWindow: number;
  /** Names of the shapes of `rooms` and `data` to measure; undefined for all. */
  readonly shapes: readonly string[] | undefined;
  /** Sizes of the clusters of `cluster`, ascending. */
  readonly clusterSizes: readonly number[];
  /** The number of sessions for memory, joins and idle. */
  readonly sessions: number;
  /** The file for a CPU profile of Causeway; undefined for none. */
  readonly cpuProfilePath: string | undefined;
  /** Another checkout of this repository, whose Causeway competes under the name `against`. */
  readonly otherCheckout: string | undefined;
  /** Whether to measure less of everything, which only shows that the bench works. */
  readonly isQuick: boolean;
  readonly isHelpWanted: boolean;
}

export const USAGE = `npm run bench -- [part ...] [options]

Parts (default: forwarding, joins, memory):
  floor        CPU per packet of bare paced sends
  forwarding   CPU per forwarded packet, latency, loss: floor, Causeway, naive, taking turns
  rooms        the same in calls of two and of four
  idle         CPU of connected sessions that do nothing, and of an empty node
  latency      forwarding, without the floor
  joins        CPU milliseconds per join, from the HTTP call to the end of DTLS
  memory       per idle session and per subscription
  crossing     CPU per packet from one thread to another, by several ways
  shards       worker threads: CPU per forwarded packet, per packet that crosses between them, packets/s at saturation; relays
  relays       CPU per packet from one node to another, on either
  cluster      real nodes that do nothing: CPU, memory, datagrams, Redis, and the start of all at once
  registry     calls to the registry in Redis beside a bare round trip; a listing of 100,000 sessions
  negotiation  what session descriptions with 256 m-sections cost the thread that carries media
  tokens       what it costs to tell who is calling, by secret and by token
  data         messages of data channels: throughput, CPU and delay, 1 to 1 and 1 to 20
  files        how many files of the source one packet and one call to subscribe pass

Options:
  --quick                  one short round at N = 50, fewer sessions and calls
  --subscribers 10,50,100  numbers of subscribers, ascending
  --rounds 3               how often each contestant is measured
  --seconds 4              length of one measurement
  --sessions 200           for joins, memory, and the sessions of idle
  --nodes 3,6,12,20        sizes of the clusters of cluster
  --shapes NAME,NAME       of rooms: ${ROOM_SHAPES.map(({ name }) => name).join(', ')}; of data: ${DATA_SHAPES.join(', ')}
  --contestants floor,causeway,naive
  --against DIR            lets the Causeway of another checkout compete as well: before and after, in turns
  --cpu-prof               then profile Causeway at the last N and print the functions with the most self time
  --cpu-prof-file FILE     where the profile is written (default: ${DEFAULT_PROFILE_PATH})
`;

const FULL = { subscribers: '10,50,100', rounds: '3', seconds: '4', sessions: '200', nodes: '3,6,12,20' };
const QUICK = { subscribers: '50', rounds: '1', seconds: '2', sessions: '60', nodes: '3' };

/** @throws RangeError – an argument is unknown or invalid; the message is one line */
export function readBenchOptions(commandLine: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...commandLine],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      quick: { type: 'boolean', default: false },
      subscribers: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      sessions: { type: 'string' },
      nodes: { type: 'string' },
      shapes: { type: 'string' },
      contestants: { type: 'string', default: CONTESTANTS.join(',') },
      against: { type: 'string' },
      'cpu-prof': { type: 'boolean', default: false },
      'cpu-prof-file': { type: 'string', default: DEFAULT_PROFILE_PATH },
    },
  });
  const defaults = values.quick ? QUICK : FULL;
  const parts = positionals.map((word) => oneOf(word, PARTS, 'part'));
  const contestants = values.contestants.split(',').map((word) => oneOf(word, CONTESTANTS, 'contestant'));
  return {
    parts: parts.length === 0 ? ['forwarding', 'joins', 'memory'] : parts,
    contestants: values.against === undefined ? contestants : [...contestants, MEASURED_AGAINST],
    subscriberCounts: ascending(values.subscribers ?? defaults.subscribers, '--subscribers'),
    clusterSizes: ascending(values.nodes ?? defaults.nodes, '--nodes'),
    rounds: positiveInteger(values.rounds ?? defaults.rounds, '--rounds'),
    secondsPerWindow: positiveInteger(values.seconds ?? defaults.seconds, '--seconds'),
    shapes: values.shapes?.split(',').map((word) => oneOf(word, [...ROOM_SHAPES.map(({ name }) => name), ...DATA_SHAPES], 'shape')),
    sessions: positiveInteger(values.sessions ?? defaults.sessions, '--sessions'),
    cpuProfilePath: values['cpu-prof'] ? values['cpu-prof-file'] : undefined,
    otherCheckout: values.against,
    isQuick: values.quick,
    isHelpWanted: values.help,
  };
}

function oneOf<Word extends string>(word: string, words: readonly Word[], kind: string): Word {
  const known = words.find((candidate) => candidate === word);
  if (known === undefined) throw new RangeError(`There is no ${kind} "${word}"; there are ${words.join(', ')}`);
  return known;
}

/** Parses numbers in ascending order, since subscribers are added from one to the next. */
function ascending(words: string, option: string): number[] {
  const counts = words.split(',').map((word) => positiveInteger(word, option));
  if (counts.some((count, index) => count <= (counts[index - 1] ?? 0))) throw new RangeError(`${option} must ascend, unlike ${words}`);
  return counts;
}

function positiveInteger(word: string, option: string): number {
  const value = Number(word);
  if (!Number.isInteger(value) || value < 1) throw new RangeError(`${option} takes whole numbers from 1, not "${word}"`);
  return value;
}
