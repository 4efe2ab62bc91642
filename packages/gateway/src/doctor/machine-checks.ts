/** Checks the Node.js version and the limits of the operating system. */
import { readFileSync } from 'node:fs';
import { openFilesLimit } from '@causeway/sfu';
import { type Finding, ok, problem, warning } from './finding.ts';

/** The properties of the machine that are checked. */
export interface Machine {
  readonly nodeVersion: string;
  readonly openFiles: number;
  /** Limits from `net.core` on Linux; undefined on other systems. */
  readonly maxReceiveBufferBytes: number | undefined;
  readonly maxSendBufferBytes: number | undefined;
}

const OLDEST_NODE_MAJOR = 24;
/** A client may have a socket of its own, and half of the descriptors are reserved for those. */
const FILES_PER_SESSION = 2;
/** The values that docs/operate/limits.md recommends. */
const RECEIVE_BUFFER_BYTES = 4 << 20;
const SEND_BUFFER_BYTES = 1 << 20;

export function readMachine(): Machine {
  return {
    nodeVersion: process.versions.node,
    openFiles: openFilesLimit(),
    maxReceiveBufferBytes: readNumber('/proc/sys/net/core/rmem_max'),
    maxSendBufferBytes: readNumber('/proc/sys/net/core/wmem_max'),
  };
}

export function checkMachine(machine: Machine, maxSessions: number): readonly Finding[] {
  const { nodeVersion, openFiles, maxReceiveBufferBytes, maxSendBufferBytes } = machine;
  return [
    Number.parseInt(nodeVersion, 10) >= OLDEST_NODE_MAJOR
      ? ok('node', `Node ${nodeVersion}`)
      : problem('node', `Node ${nodeVersion}, and ${OLDEST_NODE_MAJOR} is the oldest that works`, 'npm install --global node@26'),
    checkFiles(openFiles, maxSessions),
    checkBuffer('receive buffer', 'net.core.rmem_max', maxReceiveBufferBytes, RECEIVE_BUFFER_BYTES),
    checkBuffer('send buffer', 'net.core.wmem_max', maxSendBufferBytes, SEND_BUFFER_BYTES),
  ];
}

function checkFiles(openFiles: number, maxSessions: number): Finding {
  const needed = FILES_PER_SESSION * maxSessions;
  if (openFiles >= needed) return ok('descriptors', `${openFiles} files and sockets may be open`);
  const fact = `${openFiles} files and sockets may be open, and ${maxSessions} sessions may need ${needed}`;
  return warning('descriptors', fact, `LimitNOFILE=${needed} in the service unit, or ulimit -n ${needed} before the start`);
}

function checkBuffer(check: string, setting: string, bytes: number | undefined, wanted: number): Finding {
  if (bytes === undefined) return ok(check, 'this system sets no limit that is known here');
  if (bytes >= wanted) return ok(check, `${setting} is ${bytes} bytes`);
  return warning(check, `${setting} is ${bytes} bytes, and bursts of packets need ${wanted}`, `sysctl -w ${setting}=${wanted}`);
}

function readNumber(path: string): number | undefined {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
