import { readInteropOptions } from '@causeway/interop';

describe('the command line of scripts/interop', () => {
  it('selects all clients if it is empty', () => {
    expect(readInteropOptions([])).toMatchObject({
      joins: 3,
      calls: 1,
      publishers: ['aiortc', 'gstreamer', 'firefox', 'chromium', 'werift'],
      subscribers: ['aiortc', 'gstreamer', 'firefox', 'chromium', 'werift'],
      codecs: ['VP8', 'H264'],
      outputPath: undefined,
    });
  });

  it('selects clients and codecs', () => {
    const options = readInteropOptions(['--joins', '20', '--publishers', 'werift,aiortc', '--codecs', 'H264', '--output', 'x.md']);

    expect(options).toMatchObject({ joins: 20, publishers: ['aiortc', 'werift'], codecs: ['H264'], outputPath: 'x.md' });
  });

  it.each([[['--joins', '0']], [['--calls=-1']], [['--publishers', 'netscape']], [['--codecs', 'VP7']]])('refuses %j', (commandLine) => {
    expect(() => readInteropOptions(commandLine)).toThrow(RangeError);
  });
});
