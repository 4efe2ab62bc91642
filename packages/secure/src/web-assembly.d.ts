/** The part of the WebAssembly API that is used here. TypeScript declares it only in its DOM library, and this is not browser code. */
declare namespace WebAssembly {
  class Memory {
    constructor(descriptor: { readonly initial: number; readonly maximum: number });
    readonly buffer: ArrayBuffer;
  }

  interface Instance {
    readonly exports: Readonly<Record<string, unknown>>;
  }

  type Imports = Readonly<Record<string, Readonly<Record<string, Memory>>>>;

  function instantiate(module: Uint8Array, imports: Imports): Promise<{ readonly instance: Instance }>;
}
