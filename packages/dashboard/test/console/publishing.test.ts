import { refusal } from '@causeway/testkit/fake-sfu-api';
import { settle } from '@causeway/testkit/manual-clock';
import type { ConsoleSession } from '../../src/console/console-session.ts';
import { createNotices } from '../../src/console/notices.ts';
import { createPublishing, type PublishChoice } from '../../src/console/publishing.ts';
import type { LocalSource } from '../../src/sources/local-source.ts';
import { createFakeSession } from '../fakes/fake-session.ts';

const CHOICE: PublishChoice = { source: 'camera', size: { widthPixels: 1280, heightPixels: 720 }, isSimulcast: true };

interface FakeMedia {
  readonly id: string;
  readonly kind: string;
  enabled: boolean;
  onended: (() => void) | null;
}

function createSource() {
  const video: FakeMedia = { id: 'v', kind: 'video', enabled: true, onended: null };
  const audio: FakeMedia = { id: 'a', kind: 'audio', enabled: true, onended: null };
  const log: string[] = [];
  const source: LocalSource = {
    kind: 'camera',
    tracks: [
      { track: video as unknown as MediaStreamTrack, name: 'camera' },
      { track: audio as unknown as MediaStreamTrack, name: 'microphone' },
    ],
    relabel: (label) => void log.push(`relabel ${label}`),
    stop: () => void log.push('stop'),
  };
  return { source, video, audio, log };
}

function createPublisher(replaced: Partial<ConsoleSession> = {}, openSource?: () => Promise<LocalSource>) {
  const session = createFakeSession('own', replaced);
  const notices = createNotices();
  const holder: { current: ConsoleSession | undefined } = { current: session };
  const media = createSource();
  let changes = 0;
  const publishing = createPublishing({
    session: () => holder.current,
    notices,
    openSource: openSource ?? (async () => media.source),
    layersOf: ({ isSimulcast }) => (isSimulcast ? [{ rid: 'q' }, { rid: 'f' }] : []),
    labelOf: (sessionId) => sessionId.toUpperCase(),
    onChange: () => {
      changes += 1;
    },
  });
  return { publishing, session, notices, holder, media, changes: () => changes };
}

test('video and audio are published with one call, and only video has layers', async () => {
  const layers: number[] = [];
  const { publishing, changes } = createPublisher({
    publish: async (tracks) => {
      layers.push(...tracks.map((local) => local.layers?.length ?? 0));
      return {
        done: tracks.map(({ track, name }) => ({ trackId: track.id, mid: '0', kind: 'video' as const, name, track })),
        failures: [],
      };
    },
  });

  await publishing.start(CHOICE);

  expect(publishing.state.read().phase).toBe('live');
  expect(layers).toEqual([2, 0]);
  expect(changes()).toBe(1);
});

test('if the camera may not be used, nothing changes', async () => {
  const { publishing, notices } = createPublisher({}, () => Promise.reject(new DOMException('no', 'NotAllowedError')));

  await publishing.start(CHOICE);

  expect(publishing.state.read().phase).toBe('idle');
  expect(notices.list.read()).toMatchObject([{ title: 'Access to the camera or microphone was denied.' }]);
});

test('a refused publication stops the source', async () => {
  const { publishing, notices, media } = createPublisher({ publish: () => Promise.reject(refusal('quota_exceeded')) });

  await publishing.start(CHOICE);

  expect(publishing.state.read().phase).toBe('idle');
  expect(media.log).toEqual(['stop']);
  expect(notices.list.read()).toHaveLength(1);
});

test('a source that opens after its session has ended is stopped and not published', async () => {
  const opened = Promise.withResolvers<LocalSource>();
  const { publishing, session, holder, media } = createPublisher({}, () => opened.promise);

  const starting = publishing.start(CHOICE);
  holder.current = undefined;
  opened.resolve(media.source);
  await starting;

  expect(media.log).toEqual(['stop']);
  expect(session.log).toEqual([]);
  expect(publishing.state.read().phase).toBe('idle');
});

test('stopping closes the tracks and the source', async () => {
  const { publishing, session, media } = createPublisher();
  await publishing.start(CHOICE);

  await publishing.stop();

  expect(session.log).toEqual(['publish camera microphone', 'unpublish v a']);
  expect(media.log).toEqual(['stop']);
  expect(publishing.state.read().phase).toBe('idle');
});

test('muting switches off the tracks of that kind only', async () => {
  const { publishing, media } = createPublisher();
  await publishing.start(CHOICE);

  publishing.setMicrophoneOff(true);

  expect([media.video.enabled, media.audio.enabled]).toEqual([true, false]);
  expect(publishing.state.read()).toMatchObject({ isMicrophoneOff: true, isCameraOff: false });
});

test('unplugging the camera ends the publication', async () => {
  const { publishing, media, notices } = createPublisher();
  await publishing.start(CHOICE);

  media.video.onended?.();
  await settle();

  expect(publishing.state.read().phase).toBe('idle');
  expect(notices.list.read()).toMatchObject([{ title: 'The camera has stopped.', detail: '' }]);
});

test('a new session takes over the running source and its muting', async () => {
  const { publishing, holder, media } = createPublisher();
  await publishing.start(CHOICE);
  publishing.setMicrophoneOff(true);
  const next = createFakeSession('next');
  holder.current = next;

  await publishing.resume();

  expect(next.log).toEqual(['publish camera microphone']);
  expect(media.log).toEqual(['relabel NEXT']);
  expect(publishing.state.read()).toMatchObject({ phase: 'live', isMicrophoneOff: true });
});
