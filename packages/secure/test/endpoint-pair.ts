/** Two endpoints of two suites whose datagrams reach each other through the event queue, in order, with nothing lost. */
import type {
  CertificateFingerprint,
  DataChannelInfo,
  SecureCloseReason,
  SecureEndpoint,
  SecureEndpointListener,
  SecureSuite,
  SrtpProfile,
} from '@causeway/media';

/** What an endpoint has told its owner. */
export class RecordingListener implements SecureEndpointListener {
  readonly output: Uint8Array[] = [];
  readonly opened: DataChannelInfo[] = [];
  readonly closedChannels: number[] = [];
  readonly messages: { streamId: number; data: Uint8Array | string }[] = [];
  readonly connected: Promise<SrtpProfile>;
  readonly closed: Promise<SecureCloseReason>;
  profile: SrtpProfile | undefined;
  closeReason: SecureCloseReason | undefined;
  /** Called after every event. */
  onEvent: () => void = () => {};
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

  onDtlsOutput(datagram: Uint8Array): void {
    this.output.push(datagram);
    this.onEvent();
  }

  onConnected(profile: SrtpProfile): void {
    this.profile = profile;
    this.#resolveConnected(profile);
    this.onEvent();
  }

  onClosed(reason: SecureCloseReason): void {
    this.closeReason = reason;
    this.#resolveClosed(reason);
    this.onEvent();
  }

  onDataChannelOpened(channel: DataChannelInfo): void {
    this.opened.push(channel);
    this.onEvent();
  }

  onDataChannelClosed(streamId: number): void {
    this.closedChannels.push(streamId);
    this.onEvent();
  }

  onDataChannelMessage(streamId: number, data: Uint8Array | string): void {
    this.messages.push({ streamId, data });
    this.onEvent();
  }
}

export interface EndpointPair {
  readonly server: SecureEndpoint;
  readonly client: SecureEndpoint;
  readonly serverHears: RecordingListener;
  readonly clientHears: RecordingListener;
}

export interface EndpointPairOptions {
  readonly serverSuite: SecureSuite;
  readonly clientSuite: SecureSuite;
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
