import { networkInterfaces } from 'node:os';

/** @returns an IPv4 address of this machine that is not loopback. @throws Error – there is none */
export function machineAddress(): string {
  const found = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal);
  if (found === undefined) throw new Error('This machine has no address but loopback: a browser gathers no candidates');
  return found.address;
}
