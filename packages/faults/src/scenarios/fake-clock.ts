/** The library as Debian's package `faketime` installs it. */
const LIBFAKETIME = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/faketime/libfaketime.so.1`;

/**
 * Gives a process a wall clock that can be set from outside while it runs. Clocks that cannot be set stay as they are. Linux can only give
 * a process or a namespace monotonic clocks of its own, so a library stands between the process and the system.
 *
 * @param file contains by how much the clock is wrong, such as `+1h`
 */
export function fakeClockEnvironment(file: string): Readonly<Record<string, string>> {
  return { LD_PRELOAD: LIBFAKETIME, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' };
}
