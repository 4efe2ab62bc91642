/** Two endpoints of two suites whose datagrams reach each other through the event queue, in order, with nothing lost. */
import type { CertificateFingerprint, SecureCloseReason, SecureEndpoint, SecureEndpointListener, SrtpProfile } from '@causeway/media';
import type { CountingSecureSuite } from '../src/index.ts';

/** What an endpoint has told its owner. */
export class RecordingListener implements SecureEndpointListener {
  readonly output: Uint8Array[] = [];
  /** Application data. */
  readonly received: Uint8Array[] = [];
  readonly connected: Promise<SrtpProfile>;
  readonly closed: Promise<SecureCloseReason>;
  profile: SrtpProfile | undefined;
  closeReason: SecureCloseReason | undefined;
  /** Called after every event. */
  onEvent: () => void = () => {};
  readonly #waiting = new Set<() => void>();
  #resolveConnected: (profile: SrtpProfile) => void = () => {};
  #resolveClosed: (reason: SecureCloseReason) => void = () => {};

  constructor() {
    this.connected = new Promise((resolve) => {
      this.#resolveConnected = resolve;
    });
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  /** Resolves as soon as the condition holds after an event. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!condition()) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }

  onDtlsOutput(datagram: Uint8Array): void {
    this.output.push(datagram);
    this.#notify();
  }

  onConnected(profile: SrtpProfile): void {
    this.profile = profile;
    this.#resolveConnected(profile);
    this.#notify();
  }

  onClosed(reason: SecureCloseReason): void {
    this.closeReason = reason;
    this.#resolveClosed(reason);
    this.#notify();
  }

  onDefect(error: unknown): void {
    throw error;
  }

  onApplicationData(_nowMs: number, data: Uint8Array): void {
    this.received.push(Uint8Array.from(data));
    this.#notify();
  }

  #notify(): void {
    this.onEvent();
    for (const check of [...this.#waiting]) check();
  }
}

export interface EndpointPair {
  readonly server: SecureEndpoint;
  readonly client: SecureEndpoint;
  readonly serverHears: RecordingListener;
  readonly clientHears: RecordingListener;
}

export interface EndpointPairOptions {
  readonly serverSuite: CountingSecureSuite;
  readonly clientSuite: CountingSecureSuite;
  /** What the server is told to expect; the client's own unless given. */
  readonly expectedByServer?: readonly CertificateFingerprint[];
  readonly expectedByClient?: readonly CertificateFingerprint[];
}

export function createEndpointPair(options: EndpointPairOptions): EndpointPair {
  const serverHears = new RecordingListener();
  const clientHears = new RecordingListener();
  const server = options.serverSuite.createEndpoint({
    role: 'server',
    remoteFingerprints: options.expectedByServer ?? [options.clientSuite.fingerprint],
    listener: serverHears,
  });
  const client = options.clientSuite.createEndpoint({
    role: 'client',
    remoteFingerprints: options.expectedByClient ?? [options.serverSuite.fingerprint],
    listener: clientHears,
  });
  serverHears.onEvent = () => carry(serverHears, client);
  clientHears.onEvent = () => carry(clientHears, server);
  return { server, client, serverHears, clientHears };
}

function carry(from: RecordingListener, to: SecureEndpoint): void {
  for (const datagram of from.output.splice(0)) setImmediate(() => to.handleDtls(performance.now(), datagram));
}
