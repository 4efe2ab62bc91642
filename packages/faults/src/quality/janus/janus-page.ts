/** Runs in the pages of a call through Janus. It uses Janus's video room over HTTP, as far as one publisher and one viewer need it. */

/** What an answer or event of Janus may hold; see https://janus.conf.meetecho.com/docs/videoroom.html. */
interface JanusMessage {
  readonly janus: string;
  readonly sender?: number;
  readonly transaction?: string;
  readonly data?: { readonly id: number };
  readonly error?: { readonly reason: string };
  readonly plugindata?: { readonly data: JanusData };
  readonly jsep?: RTCSessionDescriptionInit;
}

interface JanusData {
  readonly videoroom?: string;
  readonly error?: string;
  readonly participants?: readonly { readonly id: number; readonly publisher: boolean }[];
}

export interface JanusHandle {
  /** @returns what the plugin answers, at once or later. @throws Error – it refuses */
  ask(body: object, jsep?: RTCSessionDescriptionInit): Promise<JanusMessage>;
}

declare global {
  var janus: { readonly connection: RTCPeerConnection; readonly handle: JanusHandle } | undefined;
}

/** Opens a session, and a handle of the video room. */
export async function attachInPage({ url }: { readonly url: string }): Promise<void> {
  let serial = 0;
  const post = async (path: string, message: object): Promise<JanusMessage> => {
    const transaction = String(++serial);
    const reply = await fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify({ ...message, transaction }) });
    const answer: JanusMessage = await reply.json();
    if (answer.janus === 'error') throw new Error(answer.error?.reason);
    return answer;
  };
  const session = (await post('', { janus: 'create' })).data?.id;
  const handle = (await post(`/${session}`, { janus: 'attach', plugin: 'janus.plugin.videoroom' })).data?.id;
  const waiting = new Map<string, (message: JanusMessage) => void>();
  const poll = async (): Promise<void> => {
    for (;;) {
      const event: JanusMessage = await (await fetch(`${url}/${session}?maxev=1`)).json();
      waiting.get(event.transaction ?? '')?.(event);
    }
  };
  void poll();
  const ask: JanusHandle['ask'] = async (body, jsep) => {
    const transaction = String(++serial);
    const later = new Promise<JanusMessage>((resolve) => waiting.set(transaction, resolve));
    const reply = await fetch(`${url}/${session}/${handle}`, {
      method: 'POST',
      body: JSON.stringify({ janus: 'message', body, transaction, ...(jsep && { jsep }) }),
    });
    const answer: JanusMessage = await reply.json();
    const message = answer.janus === 'ack' ? await later : answer;
    const refusal = message.error?.reason ?? message.plugindata?.data.error;
    if (refusal !== undefined) throw new Error(`Janus: ${refusal}`);
    return message;
  };
  globalThis.janus = { connection: new RTCPeerConnection(), handle: { ask } };
}

/** Publishes a camera in the layers of the other calls, and a tone if there is sound. */
export async function publishToJanus(request: {
  readonly room: number;
  readonly hasSound: boolean;
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  readonly layers: readonly RTCRtpEncodingParameters[];
}): Promise<void> {
  const { room, hasSound, width, height, framesPerSecond, layers } = request;
  const { connection, handle } = globalThis.janus as NonNullable<typeof globalThis.janus>;
  await handle.ask({ request: 'create', room, publishers: 2, videocodec: 'vp8', audiocodec: 'opus', bitrate: 0 });
  await handle.ask({ request: 'join', room, ptype: 'publisher' });
  const track = createCamera(width, height, framesPerSecond);
  const transceiver = connection.addTransceiver(track, { direction: 'sendonly', sendEncodings: [...layers] });
  const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
  transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => /VP8|rtx/i.test(mimeType)));
  if (hasSound) connection.addTransceiver(await kit.createLocalTrack({ kind: 'microphone' }), { direction: 'sendonly' });
  await connection.setLocalDescription();
  // Layers are named from low to high, whereas Janus expects the opposite order.
  const offer = { ...(connection.localDescription as RTCSessionDescription).toJSON(), rid_order: 'lmh' };
  const { jsep } = await handle.ask({ request: 'configure', audio: hasSound, video: true }, offer);
  await connection.setRemoteDescription(jsep as RTCSessionDescriptionInit);
}

/** Subscribes to everything that is published in the room, and plays it. */
export async function watchOnJanus({ room }: { readonly room: number }): Promise<void> {
  const { connection, handle } = globalThis.janus as NonNullable<typeof globalThis.janus>;
  const listed = await handle.ask({ request: 'listparticipants', room });
  const feed = listed.plugindata?.data.participants?.find(({ publisher }) => publisher)?.id;
  globalThis.seenFrames = {};
  const seen = globalThis.seenFrames;
  connection.ontrack = ({ track, transceiver: { mid } }) => {
    const element = document.createElement(track.kind === 'audio' ? 'audio' : 'video');
    Object.assign(element, { autoplay: true, muted: track.kind === 'video', srcObject: new MediaStream([track]) });
    document.body.append(element);
    if (!(element instanceof HTMLVideoElement)) return;
    const frames: { atMs: number; height: number }[] = [];
    seen[mid ?? ''] = frames;
    const note: VideoFrameRequestCallback = (now, { height }) => {
      frames.push({ atMs: performance.timeOrigin + now, height });
      element.requestVideoFrameCallback(note);
    };
    element.requestVideoFrameCallback(note);
  };
  const { jsep } = await handle.ask({ request: 'join', room, ptype: 'subscriber', streams: [{ feed }] });
  await connection.setRemoteDescription(jsep as RTCSessionDescriptionInit);
  await connection.setLocalDescription();
  await handle.ask({ request: 'start' }, connection.localDescription?.toJSON());
}
