/** A program that never answers. */
process.on('message', () => {});
