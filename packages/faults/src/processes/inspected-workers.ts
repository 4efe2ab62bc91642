/**
 * Reaches the worker threads of a running node through its inspector, because a signal cannot be sent to one thread alone.
 *
 * @see https://nodejs.org/docs/latest/api/inspector.html (the domain NodeWorker)
 */

const CONNECT_DEADLINE_MS = 5_000;

/** Runs JavaScript in the worker thread of the given name, in a node that was started with `--inspect=PORT`. */
export async function evaluateInWorker(port: number, name: string, expression: string): Promise<void> {
  const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as readonly {
    readonly webSocketDebuggerUrl: string;
  }[];
  const url = targets[0]?.webSocketDebuggerUrl;
  if (url === undefined) throw new Error(`Nothing can be inspected on port ${port}`);
  const socket = new WebSocket(url);
  try {
    const workerSession = await workerNamed(socket, name);
    const evaluation = JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } });
    socket.send(
      JSON.stringify({ id: 2, method: 'NodeWorker.sendMessageToWorker', params: { sessionId: workerSession, message: evaluation } }),
    );
    await nextMessage(socket, ({ id }) => id === 2);
  } finally {
    socket.close();
  }
}

interface InspectorMessage {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly sessionId?: string; readonly workerInfo?: { readonly title: string } };
}

async function workerNamed(socket: WebSocket, name: string): Promise<string | undefined> {
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', () => reject(new Error('The inspector cannot be reached')), { once: true });
  });
  const attached = nextMessage(
    socket,
    ({ method, params }) => method === 'NodeWorker.attachedToWorker' && params?.workerInfo?.title.endsWith(name) === true,
  );
  socket.send(JSON.stringify({ id: 1, method: 'NodeWorker.enable', params: { waitForDebuggerOnStart: false } }));
  return (await attached).params?.sessionId;
}

function nextMessage(socket: WebSocket, isWanted: (message: InspectorMessage) => boolean): Promise<InspectorMessage> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('The inspector does not answer')), CONNECT_DEADLINE_MS);
    const listen = ({ data }: MessageEvent): void => {
      const message = JSON.parse(String(data)) as InspectorMessage;
      if (!isWanted(message)) return;
      clearTimeout(late);
      socket.removeEventListener('message', listen);
      resolve(message);
    };
    socket.addEventListener('message', listen);
  });
}
