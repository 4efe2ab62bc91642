/** Where Debian's package `faketime` puts it. */
const LIBFAKETIME = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/faketime/libfaketime.so.1`;

/**
 * Gives a process a wall clock that is set from outside, while it runs; clocks that are not set stay as they are. Linux has no clock of
 * its own for a process or a namespace but the monotonic ones, so a library stands between the process and the system.
 *
 * @param file holds by how much the clock is wrong: `+1h`
 */
export function fakeClockEnvironment(file: string): Readonly<Record<string, string>> {
  return { LD_PRELOAD: LIBFAKETIME, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' };
}
