import type { SfuApi } from '@causeway/client';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { type ConsoleSession, openConsoleSession } from '../console/console-session.ts';
import { useServices } from '../service/console-services.ts';
import { addReading, type ByteReading, receivedBytes, sizeText } from '../service/received-bytes.ts';
import { Button, Failure } from '../shell/controls.tsx';
import type { LocalSource, SourceKind } from '../sources/local-source.ts';
import { openCamera } from '../sources/open-camera.ts';
import { openTestSource } from '../sources/open-test-source.ts';

const ByteChart = lazy(async () => ({ default: (await import('./ByteChart.tsx')).ByteChart }));
/** This reads the browser's own counters and makes no calls. */
const READ_EVERY_MS = 1_000;

/** Runs the Quick Start in the page: publishes a picture in one session, and plays it in another. */
export function RunItHere({ appId }: { readonly appId: string }) {
  const services = useServices();
  const [run, setRun] = useState<Run | 'starting'>();
  const [error, setError] = useState<unknown>();
  const current = useRef<Run>(undefined);

  const start = async (source: 'camera' | 'test-picture') => {
    setRun('starting');
    setError(undefined);
    try {
      current.current = await openRun(services.appApi(appId), source);
      setRun(current.current);
    } catch (failure) {
      setRun(undefined);
      setError(failure);
    }
  };
  const stop = () => {
    void current.current?.stop();
    current.current = undefined;
    setRun(undefined);
  };
  // Leaving the page ends the sessions.
  useEffect(() => () => void current.current?.stop(), []);

  return (
    <section aria-labelledby="run-title">
      <h2 id="run-title">Run it here</h2>
      <p>Publishes video from this page in one session and plays it back through the node in another, using a token created for you.</p>
      {run === undefined || run === 'starting' ? (
        <div className="actions start">
          <Button look="primary" isDisabled={run === 'starting'} onPress={() => void start('camera')}>
            Run with my camera
          </Button>
          <Button isDisabled={run === 'starting'} onPress={() => void start('test-picture')}>
            Run with a test picture
          </Button>
        </div>
      ) : (
        <Running run={run} onStop={stop} />
      )}
      <Failure error={error} />
    </section>
  );
}

function Running({ run, onStop }: { readonly run: Run; readonly onStop: () => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const [readings, setReadings] = useState<readonly ByteReading[]>([]);
  const [isPlaying, setPlaying] = useState(false);
  useEffect(() => {
    if (video.current !== null) video.current.srcObject = run.received;
    const read = async () => {
      const totalBytes = await run.receivedBytes();
      setReadings((known) => addReading(known, { atSeconds: Date.now() / 1_000, totalBytes }));
    };
    const timer = setInterval(() => void read(), READ_EVERY_MS);
    return () => clearInterval(timer);
  }, [run]);
  const total = readings.at(-1)?.totalBytes ?? 0;
  return (
    <div className="run">
      <div>
        <video ref={video} aria-label="Video received through the node" autoPlay playsInline muted onPlaying={() => setPlaying(true)} />
        <p role="status">{isPlaying ? 'Playing the video received through the node.' : 'Waiting for the first frame…'}</p>
        <Button onPress={onStop}>Stop</Button>
      </div>
      <figure>
        <figcaption>
          Received by this page: <strong>{sizeText(total)}</strong>
        </figcaption>
        <Suspense fallback={<p className="hint">Loading chart…</p>}>
          <ByteChart readings={readings} label={`${sizeText(total)} received`} />
        </Suspense>
        <details>
          <summary>Show as table</summary>
          <table>
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">Total received</th>
              </tr>
            </thead>
            <tbody>
              {readings
                .slice(-10)
                .toReversed()
                .map(({ atSeconds, totalBytes }) => (
                  <tr key={atSeconds}>
                    <td>{new Date(atSeconds * 1_000).toLocaleTimeString()}</td>
                    <td>{sizeText(totalBytes)}</td>
                  </tr>
                ))}
            </tbody>
          </table>
        </details>
      </figure>
    </div>
  );
}

// The page runs the Quick Start itself: one session publishes a picture, and another plays it.

/** A run of the Quick Start: video that is published and played back. */
interface Run {
  readonly received: MediaStream;
  /** Bytes since the run began, as counted by the browser. */
  receivedBytes(): Promise<number>;
  /** Ends both sessions and the video source. */
  stop(): Promise<void>;
}

const PICTURE = { widthPixels: 640, heightPixels: 360 };

/** @throws DOMException – there is no camera, or it may not be used; SfuApiError – the node refuses */
async function openRun(api: SfuApi, kind: SourceKind): Promise<Run> {
  const source = kind === 'camera' ? await openCamera(PICTURE) : openTestSource(PICTURE, 'run it here');
  const sessions: ConsoleSession[] = [];
  try {
    return await connect(api, source, sessions);
  } catch (error) {
    await end(source, sessions);
    throw error;
  }
}

async function connect(api: SfuApi, source: LocalSource, sessions: ConsoleSession[]): Promise<Run> {
  const open = async (metadata: string): Promise<ConsoleSession> => {
    const session = await openConsoleSession(new RTCPeerConnection({ bundlePolicy: 'max-bundle' }), { api, metadata });
    sessions.push(session);
    return session;
  };
  const publisher = await open('Run it here: publisher');
  const { done, failures } = await publisher.publish(source.tracks);
  if (done.length === 0) throw failures[0] ?? new Error('No track could be published.');
  const subscriber = await open('Run it here: subscriber');
  const wanted = done.map(({ trackId }) => ({ remoteSessionId: publisher.sessionId, remoteTrackId: trackId }));
  const subscribed = await subscriber.subscribe(wanted);
  if (subscribed.done.length === 0) throw subscribed.failures[0] ?? new Error('No track could be subscribed to.');
  return {
    received: new MediaStream(subscribed.done.map(({ track }) => track)),
    receivedBytes: async () => receivedBytes(await subscriber.stats()),
    stop: () => end(source, sessions),
  };
}

async function end(source: LocalSource, sessions: readonly ConsoleSession[]): Promise<void> {
  source.stop();
  await Promise.all(sessions.map((session) => session.leave().catch(() => undefined)));
}
