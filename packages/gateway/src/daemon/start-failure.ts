import { OPTIONS } from '../config/options.ts';
import { ConfigError } from '../config/start-error.ts';

const REASONS: Readonly<Record<string, (port: number, address: string) => string>> = {
  EADDRINUSE: (port) => `port ${port} is in use by another program; stop that program, or set`,
  EACCES: (port) => `port ${port} requires more privileges than this program has; choose a port above 1023 with`,
  EADDRNOTAVAIL: (_port, address) => `${address} is not an address of this machine; change`,
};

export interface PortOption {
  readonly variable: string;
  /** The option that sets the address. Default: the option for both ports. */
  readonly addressOption?: { readonly variable: string };
}

/**
 * Turns the system's refusal to open a port into a line that says what to do.
 *
 * @param option the option that sets the port
 * @returns the original error if it is not a known refusal
 */
export function explainListenFailure(error: unknown, protocol: 'TCP' | 'UDP', port: number, option: PortOption): unknown {
  const { code = '', address = '' } = error as { readonly code?: string; readonly address?: string };
  const reason = REASONS[code]?.(port, address);
  if (reason === undefined) return error;
  const toChange = code === 'EADDRNOTAVAIL' ? (option.addressOption ?? OPTIONS.listenAddress) : option;
  return new ConfigError(`${protocol} ${reason} ${toChange.variable}`);
}
