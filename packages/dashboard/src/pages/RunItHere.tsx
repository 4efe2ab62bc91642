import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { addReading, type ByteReading, sizeText } from '../service/received-bytes.ts';
import { openRun, type Run } from '../service/run-it-here.ts';
import { useServices } from '../service/services-context.ts';
import { Button, Failure } from '../shell/controls.tsx';

const ByteChart = lazy(async () => ({ default: (await import('./ByteChart.tsx')).ByteChart }));
/** Readings of the browser's own counters: no call is made for them. */
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
      <p>Publishes a picture from this page in one session, and plays it back through the node in another, with a token made for you.</p>
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
        <video ref={video} aria-label="What came back through the node" autoPlay playsInline muted onPlaying={() => setPlaying(true)} />
        <p role="status">{isPlaying ? 'Playing what came back through the node.' : 'Waiting for the first picture…'}</p>
        <Button onPress={onStop}>Stop</Button>
      </div>
      <figure>
        <figcaption>
          Received by this page: <strong>{sizeText(total)}</strong>
        </figcaption>
        <Suspense fallback={<p className="hint">Loading the chart…</p>}>
          <ByteChart readings={readings} label={`${sizeText(total)} received`} />
        </Suspense>
        <details>
          <summary>As a table</summary>
          <table>
            <thead>
              <tr>
                <th scope="col">At</th>
                <th scope="col">Received in all</th>
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
