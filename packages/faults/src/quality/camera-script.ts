/**
 * A camera for the page of a publisher: a moving picture with so much detail that each layer of it uses up its bitrate. The fake device of
 * Chromium and plain colours take a tenth of that.
 */
export const CAMERA_SCRIPT = `
  globalThis.createCamera = (width, height, framesPerSecond) => {
    const noise = (size) => {
      const canvas = new OffscreenCanvas(size, size);
      const context = canvas.getContext('2d');
      const image = context.createImageData(size, size);
      let state = 12345;
      for (let index = 0; index < image.data.length; index++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        image.data[index] = (index & 3) === 3 ? 255 : state >>> 24;
      }
      context.putImageData(image, 0, 0);
      return canvas;
    };
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext('2d');
    const coarse = noise(64);
    const fine = noise(256);
    let frame = 0;
    const draw = () => {
      frame++;
      context.globalAlpha = 1;
      const pan = 16 + 14 * Math.sin(frame / 40);
      context.drawImage(coarse, pan, 8 + 6 * Math.cos(frame / 55), 32, 18, 0, 0, width, height);
      context.globalAlpha = 0.12;
      const shift = (frame * 37) % 128;
      for (let x = -shift; x < width; x += 256) for (let y = -shift; y < height; y += 256) context.drawImage(fine, x, y);
      context.globalAlpha = 1;
      context.fillStyle = 'white';
      context.fillRect((frame * 7) % width, height / 3, height / 4, height / 4);
    };
    draw();
    const [track] = canvas.captureStream(framesPerSecond).getVideoTracks();
    setInterval(draw, 1000 / framesPerSecond);
    return track;
  };
`;
