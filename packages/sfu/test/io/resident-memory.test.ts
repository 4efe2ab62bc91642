import { createResidentMemory } from '../../src/io/process-load.ts';

describe('resident memory', () => {
  test('is what it was before while no file can be opened to read it from', () => {
    let readBytes = (): number => {
      throw new Error('EMFILE: too many open files, uv_resident_set_memory');
    };
    const residentBytes = createResidentMemory(() => readBytes());
    expect(residentBytes()).toBe(0);
    readBytes = () => 5_000;
    expect(residentBytes()).toBe(5_000);
    readBytes = () => {
      throw new Error('EMFILE');
    };

    expect(residentBytes()).toBe(5_000);
  });

  test('is that of this process', () => {
    expect(createResidentMemory()()).toBeGreaterThan(1 << 20);
  });
});
