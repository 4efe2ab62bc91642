/** The Quick Start as the page itself runs it: one session publishes a picture, another plays it. */
import type { SfuApi } from '@causeway/client';
import { type ConsoleSession, openConsoleSession } from '../console/console-session.ts';
import type { LocalSource, SourceKind } from '../sources/local-source.ts';
import { openCamera } from '../sources/open-camera.ts';
import { openTestSource } from '../sources/open-test-source.ts';
import { receivedBytes } from './received-bytes.ts';

/** A picture on its way through the node and back. */
export interface Run {
  readonly received: MediaStream;
  /** Since the run began, as the browser counts them. */
  receivedBytes(): Promise<number>;
  /** Ends both sessions and the picture. */
  stop(): Promise<void>;
}

const PICTURE = { widthPixels: 640, heightPixels: 360 };

/** @throws DOMException – there is no camera, or it may not be used; SfuApiError – the node refuses */
export async function openRun(api: SfuApi, kind: SourceKind): Promise<Run> {
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
  if (done.length === 0) throw failures[0] ?? new Error('Nothing could be published.');
  const subscriber = await open('Run it here: subscriber');
  const wanted = done.map(({ trackId }) => ({ remoteSessionId: publisher.sessionId, remoteTrackId: trackId }));
  const subscribed = await subscriber.subscribe(wanted);
  if (subscribed.done.length === 0) throw subscribed.failures[0] ?? new Error('Nothing could be subscribed to.');
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
