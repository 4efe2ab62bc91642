/**
 * What the captured browsers are asked to offer. Each value is the body of an async function that runs in a page and returns SDP;
 * `pc` is a fresh RTCPeerConnection.
 */
export const SCENARIOS: Readonly<Record<string, string>> = {
  // The reference's Quick Start, user A.
  'quick-start-publisher': `
    const stream = await navigator.mediaDevices.getUserMedia({ video: true });
    stream.getTracks().forEach((track) => pc.addTrack(track, stream));
    await pc.setLocalDescription(await pc.createOffer());
    return pc.localDescription.sdp;`,
  // The reference's Quick Start, user B: sendrecv, with no track.
  'quick-start-subscriber': `
    pc.addTransceiver('video');
    const offer = await pc.createOffer();
    await pc.setLocalDescription(offer);
    return offer.sdp;`,
  'audio-video-sendonly': `
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
    for (const track of stream.getTracks()) pc.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
    return (await pc.createOffer()).sdp;`,
  'audio-video-recvonly': `
    pc.addTransceiver('audio', { direction: 'recvonly' });
    pc.addTransceiver('video', { direction: 'recvonly' });
    return (await pc.createOffer()).sdp;`,
  'simulcast-publisher': `
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
    pc.addTransceiver(stream.getAudioTracks()[0], { direction: 'sendonly' });
    pc.addTransceiver(stream.getVideoTracks()[0], { direction: 'sendonly', sendEncodings: [
      { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150000 },
      { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500000 },
      { rid: 'f', maxBitrate: 1500000 } ] });
    return (await pc.createOffer()).sdp;`,
  'data-channel-only': `
    pc.createDataChannel('chat');
    return (await pc.createOffer()).sdp;`,
  'audio-video-data': `
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
    stream.getTracks().forEach((track) => pc.addTrack(track, stream));
    pc.createDataChannel('chat');
    return (await pc.createOffer()).sdp;`,
  'no-media-section': `return (await pc.createOffer()).sdp;`,
};

export function scenarioCode(body: string): string {
  return `(async () => { const pc = new RTCPeerConnection(); try { ${body} } finally { pc.close(); } })()`;
}
