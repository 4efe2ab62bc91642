/** Tones, one in each channel, that tell left from right and sound from silence. */

export interface ToneRequest {
  readonly kind: 'tone';
  readonly leftHz: number;
  readonly rightHz: number;
}

/** The strongest frequency of each channel; 0 if it is silent. */
export interface HeardTone {
  readonly leftHz: number;
  readonly rightHz: number;
}

const FFT_SIZE = 8192;
/** Anything quieter is silence, because Opus leaves a little noise in an unused channel. */
const SILENCE_DECIBELS = -70;

/** Plays until the page is closed. */
export function createToneTrack({ leftHz, rightHz }: ToneRequest): MediaStreamTrack {
  const context = new AudioContext();
  const merger = context.createChannelMerger(2);
  for (const [channel, hertz] of [leftHz, rightHz].entries()) {
    const oscillator = new OscillatorNode(context, { frequency: hertz });
    oscillator.connect(new GainNode(context, { gain: 0.5 })).connect(merger, 0, channel);
    oscillator.start();
  }
  const destination = new MediaStreamAudioDestinationNode(context, { channelCount: 2 });
  merger.connect(destination);
  const [track] = destination.stream.getAudioTracks();
  if (track === undefined) throw new Error('an audio destination without a track');
  return track;
}

/** Starts listening to a track. @returns a function that reports the present frequencies */
export function listenForTones(track: MediaStreamTrack): () => HeardTone {
  const context = new AudioContext();
  const splitter = context.createChannelSplitter(2);
  context.createMediaStreamSource(new MediaStream([track])).connect(splitter);
  const analysers = [0, 1].map((channel) => {
    const analyser = new AnalyserNode(context, { fftSize: FFT_SIZE, smoothingTimeConstant: 0 });
    splitter.connect(analyser, channel);
    return analyser;
  });
  return () => {
    const [leftHz = 0, rightHz = 0] = analysers.map((analyser) => strongestHz(analyser, context.sampleRate));
    return { leftHz, rightHz };
  };
}

function strongestHz(analyser: AnalyserNode, sampleRate: number): number {
  const levels = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(levels);
  const strongest = levels.reduce((best, level, bin) => (level > (levels[best] ?? -Infinity) ? bin : best), 0);
  return (levels[strongest] ?? -Infinity) < SILENCE_DECIBELS ? 0 : (strongest * sampleRate) / FFT_SIZE;
}
