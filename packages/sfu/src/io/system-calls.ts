/**
 * Linux system calls that `node:dgram` does not offer, through `node:ffi`. Without them, datagrams are sent and
 * received one at a time.
 *
 * @see sendmmsg(2), recvmmsg(2), poll(2), udp(7), docs/adr/0011-many-datagrams-in-one-system-call.md
 * @see docs/adr/0018-a-receive-path-of-our-own.md
 */
import { endianness } from 'node:os';
import { bindByFfi } from '@causeway/secure';
import { AF_INET, AF_INET6, SOCKET_ADDRESS_BYTES, writeSocketAddress } from './remote-address.ts';

const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0x800;
const SOCK_CLOEXEC = 0x8_0000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_REUSEPORT = 15;
/** Reads a socket's memory counters, the ninth of which counts datagrams that did not fit into the receive buffer. */
const SO_MEMINFO = 55;
const SOL_UDP = 17;
const UDP_SEGMENT = 103;
const MEMORY_COUNTS = 9;
const OVERFLOWED = 8;
const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
/** Have the system tell the byte with the ECN field of each datagram that is received. */
const IP_RECVTOS = 13;
const IPV6_RECVTCLASS = 66;
const MSG_DONTWAIT = 0x40;
/** The `timeout` of recvmmsg, which is not used because the call does not wait. */
const NO_TIMEOUT = 0n;

/** The machines for which the structure layouts and the numbers above are valid. */
const KNOWN_MACHINES: readonly string[] = ['x64', 'arm64'];
const SIGNATURES = {
  socket: { return: 'i32', arguments: ['i32', 'i32', 'i32'] },
  setsockopt: { return: 'i32', arguments: ['i32', 'i32', 'i32', 'buffer', 'u32'] },
  getsockopt: { return: 'i32', arguments: ['i32', 'i32', 'i32', 'buffer', 'buffer'] },
  bind: { return: 'i32', arguments: ['i32', 'buffer', 'u32'] },
  close: { return: 'i32', arguments: ['i32'] },
  // Passing the address of memory that never moves costs less than looking up a buffer's address for each call.
  sendmmsg: { return: 'i32', arguments: ['i32', 'u64', 'u32', 'i32'] },
  recvmmsg: { return: 'i32', arguments: ['i32', 'u64', 'u32', 'i32', 'u64'] },
  poll: { return: 'i32', arguments: ['u64', 'u64', 'i32'] },
  usleep: { return: 'i32', arguments: ['u32'] },
  // The address of the calling thread's `errno`; both glibc and musl have this function.
  __errno_location: { return: 'pointer', arguments: [] },
} as const;
const LOOP_SIGNATURES = {
  uv_backend_fd: { return: 'i32', arguments: ['u64'] },
  uv_backend_timeout: { return: 'i32', arguments: ['u64'] },
  uv_update_time: { return: 'void', arguments: ['u64'] },
} as const;

/** What libuv reports about a thread's event loop. */
export interface EventLoopCalls {
  /** A descriptor that is readable while the event loop has something to do. */
  readonly fd: number;
  /**
   * Returns how long the event loop may sleep.
   *
   * @returns milliseconds; -1 without limit; 0 if it must run first, because something is due or it has not yet told
   * the system what `fd` waits for
   * @see https://docs.libuv.org/en/v1.x/loop.html#c.uv_backend_timeout
   */
  sleepMs(): number;
}

export interface SystemCalls {
  /**
   * Opens a UDP socket whose port other sockets may share, and binds it. `receiveMany` is told the ECN fields of its datagrams.
   *
   * @returns its file descriptor; undefined if the system refuses. `node:dgram` reports the reason when it tries the
   * same
   */
  openSharedSocket(address: string, port: number): number | undefined;
  close(fd: number): void;
  /** Clears the option that libuv sets on every descriptor it is given, which would let other users' sockets take the same port. */
  forbidAddressReuse(fd: number): void;
  /**
   * Whether the system divides what it is given with UDP_SEGMENT. One that does not know it would send all of it in one
   * datagram (Linux before 4.18).
   */
  dividesTrains(fd: number): boolean;
  /**
   * Sends datagrams without waiting.
   *
   * @param headersAt address of an array of `mmsghdr` structures
   * @returns how many were accepted, from the first; fewer than `count` if the next one cannot be sent now; -1 if that
   * is the first
   */
  sendMany(fd: number, headersAt: bigint, count: number): number;
  /**
   * Receives datagrams without waiting.
   *
   * @param headersAt address of an array of `mmsghdr` structures
   * @returns how many were received, at most `count`; -1 if none
   */
  receiveMany(fd: number, headersAt: bigint, count: number): number;
  /**
   * Sleeps until at least one descriptor is readable.
   *
   * @param entriesAt address of an array of `pollfd` structures
   * @returns how many are readable; 0 after `timeoutMs`; -1 if a signal arrived first
   */
  poll(entriesAt: bigint, count: bigint, timeoutMs: number): number;
  /** Sleeps for the whole time, whatever arrives. @param ms less than a second; the system adds some 0.05 ms */
  sleep(ms: number): void;
  /** The event loop of this thread; undefined if Node does not expose it. */
  readonly eventLoop: EventLoopCalls | undefined;
  /** The number of datagrams that the system discarded because the socket's receive buffer was full; it wraps at 2^32. */
  overflowsOf(fd: number): number;
  /** The `errno` of the call that failed last. Read it before any other call. */
  lastError(): number;
  /** The address of the bytes in the process's memory, below 2^48. It is valid while their buffer is referenced. */
  addressOf(bytes: Uint8Array): number;
}

/** @returns undefined if the system, machine or Node has no such calls, or does not permit them */
export function loadSystemCalls(): SystemCalls | undefined {
  if (process.platform !== 'linux' || !KNOWN_MACHINES.includes(process.arch) || endianness() !== 'LE') return undefined;
  return bindByFfi(bindSystemCalls);
}

/**
 * Whether Node returns the address of the view's first byte. If a later version returned the buffer's, peers would
 * receive other memory.
 */
function tellsAddresses(ffi: typeof import('node:ffi')): boolean {
  const bytes = new Uint8Array(4096);
  const [offset, sign] = [100, 0xc5];
  bytes[offset] = sign;
  const address = ffi.getRawPointer(bytes.subarray(offset));
  return address - ffi.getRawPointer(bytes) === BigInt(offset) && ffi.getUint8(address) === sign;
}

function bindSystemCalls(ffi: typeof import('node:ffi')): SystemCalls {
  if (!tellsAddresses(ffi)) throw new Error('this Node means something else by addresses');
  // The process itself exports them, since libc is loaded. The library is kept, because its functions may not outlive
  // it.
  const library = ffi.dlopen(null, SIGNATURES);
  const setOption = (fd: number, level: number, name: number, value: number): boolean =>
    library.functions.setsockopt(fd, level, name, new Uint8Array(Uint32Array.of(value).buffer), 4) === 0;
  const errnoAt = library.functions.__errno_location();
  return {
    openSharedSocket(address, port) {
      const name = new Uint8Array(SOCKET_ADDRESS_BYTES);
      const nameLength = writeSocketAddress(name, 0, address, port);
      if (nameLength === 0) return undefined;
      const isIpv6 = name[0] === AF_INET6;
      const fd = library.functions.socket(isIpv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      if (fd < 0) return undefined;
      const isReady =
        setOption(fd, SOL_SOCKET, SO_REUSEPORT, 1) &&
        (!isIpv6 || setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)) &&
        library.functions.bind(fd, name, nameLength) === 0;
      if (isReady) {
        // Where the system refuses, the field of what arrives is unknown.
        setOption(fd, isIpv6 ? IPPROTO_IPV6 : IPPROTO_IP, isIpv6 ? IPV6_RECVTCLASS : IP_RECVTOS, 1);
        return fd;
      }
      library.functions.close(fd);
      return undefined;
    },
    close: (fd) => {
      library.functions.close(fd);
    },
    forbidAddressReuse: (fd) => {
      setOption(fd, SOL_SOCKET, SO_REUSEADDR, 0);
    },
    dividesTrains(fd) {
      const value = new Uint8Array(4);
      const length = new Uint8Array(Uint32Array.of(value.length).buffer);
      return library.functions.getsockopt(fd, SOL_UDP, UDP_SEGMENT, value, length) === 0;
    },
    sendMany: (fd, headersAt, count) => library.functions.sendmmsg(fd, headersAt, count, MSG_DONTWAIT),
    receiveMany: (fd, headersAt, count) => library.functions.recvmmsg(fd, headersAt, count, MSG_DONTWAIT, NO_TIMEOUT),
    poll: (entriesAt, count, timeoutMs) => library.functions.poll(entriesAt, count, timeoutMs),
    sleep: (ms) => {
      library.functions.usleep(Math.ceil(ms * 1_000));
    },
    eventLoop: bindEventLoop(ffi),
    overflowsOf(fd) {
      const counts = new Uint32Array(MEMORY_COUNTS);
      const length = Uint32Array.of(counts.byteLength);
      const failed = library.functions.getsockopt(fd, SOL_SOCKET, SO_MEMINFO, new Uint8Array(counts.buffer), new Uint8Array(length.buffer));
      return failed === 0 ? (counts[OVERFLOWED] ?? 0) : 0;
    },
    lastError: () => ffi.getInt32(errnoAt),
    addressOf: (bytes) => Number(ffi.getRawPointer(bytes)),
  };
}

/** @returns undefined if Node was built without the libuv functions that this needs */
function bindEventLoop(ffi: typeof import('node:ffi')): EventLoopCalls | undefined {
  try {
    const { functions } = ffi.dlopen(null, LOOP_SIGNATURES);
    const loop = ffi.getCurrentEventLoop();
    const fd = functions.uv_backend_fd(loop);
    if (fd < 0) return undefined;
    return {
      fd,
      sleepMs() {
        functions.uv_update_time(loop);
        return functions.uv_backend_timeout(loop);
      },
    };
  } catch {
    return undefined;
  }
}
