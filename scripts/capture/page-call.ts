/** Script text that runs in a page: a call with itself through the SFU, which it reaches by `POST /`. */
export function pageCall(durationMs: number): string {
  return `(async (durationMs) => {
  const ask = async (verb, ...args) => {
    const response = await fetch('/', { method: 'POST', body: JSON.stringify({ verb, args }) });
    if (!response.ok) throw new Error(\`\${verb}: \${await response.text()}\`);
    return response.json();
  };
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 320, height: 240 }, audio: true });
  const publisher = new RTCPeerConnection();
  for (const track of stream.getTracks()) {
    const sendEncodings = track.kind === 'video' ? [{ rid: 'h' }, { rid: 'l', scaleResolutionDownBy: 2 }] : [];
    publisher.addTransceiver(track, { direction: 'sendonly', streams: [stream], sendEncodings });
  }
  const channel = publisher.createDataChannel('chat');
  channel.onopen = () => {
    for (let count = 0; count < 20; count++) channel.send(count % 2 === 0 ? \`message \${count}\` : new Uint8Array(2000));
    channel.send('');
    setTimeout(() => channel.close(), durationMs / 2);
  };
  await publisher.setLocalDescription(await publisher.createOffer());
  const created = await ask('createSession', { sessionDescription: publisher.localDescription });
  await publisher.setRemoteDescription(created.sessionDescription);
  const subscriber = new RTCPeerConnection();
  subscriber.addTransceiver('video', { direction: 'recvonly' });
  subscriber.addTransceiver('audio', { direction: 'recvonly' });
  subscriber.ontrack = ({ track }) => {
    const video = document.createElement('video');
    video.srcObject = new MediaStream([track]);
    video.muted = true;
    document.body.append(video);
    video.play();
  };
  await subscriber.setLocalDescription(await subscriber.createOffer());
  const other = await ask('createSession', { sessionDescription: subscriber.localDescription });
  await subscriber.setRemoteDescription(other.sessionDescription);
  const tracks = (await ask('listTracks', created.sessionId)).map(({ trackId }) => ({
    remoteSessionId: created.sessionId,
    remoteTrackId: trackId,
  }));
  const offered = await ask('subscribe', other.sessionId, { tracks });
  await subscriber.setRemoteDescription(offered.sessionDescription);
  await subscriber.setLocalDescription(await subscriber.createAnswer());
  await ask('renegotiate', other.sessionId, { sessionDescription: subscriber.localDescription });
  await new Promise((wait) => setTimeout(wait, durationMs));
  const frames = document.querySelector('video')?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
  publisher.close();
  subscriber.close();
  await new Promise((wait) => setTimeout(wait, 500));
  return \`\${publisher.connectionState}, \${frames} frames shown\`;
})(${durationMs})`;
}
