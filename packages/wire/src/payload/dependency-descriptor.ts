/**
 * The dependency descriptor, which tells the layers of a frame for any codec. Keyframes carry a structure of templates,
 * and every packet refers to one of them.
 *
 * @see AV1 RTP payload format 1.0, appendix A
 */

const MANDATORY_BYTES = 3;
const MAX_TEMPLATES = 64;
const MAX_SPATIAL_LAYERS = 4;
const MAX_TEMPORAL_LAYERS = 8;
/** Decode target indications (A.4): the frame is not part of the target; the target can be decoded from this frame on. */
const NOT_PRESENT = 0;
const SWITCH = 2;
const NEXT_TEMPORAL = 1;
const NEXT_SPATIAL = 2;
const NO_MORE_LAYERS = 3;

/** The layer information of a structure's templates. */
export interface DependencyStructure {
  /** The id of the first template. */
  readonly firstTemplateId: number;
  /** Indexed by template. */
  readonly spatialIds: readonly number[];
  readonly temporalIds: readonly number[];
  /** Tells of each template whether every temporal layer of its spatial layer can be decoded from such a frame on. */
  readonly areSwitches: readonly boolean[];
  /** Width of the largest spatial layer, in pixels; 0 if the descriptor does not have it. */
  readonly width: number;
  readonly height: number;
}

/**
 * Reads the descriptor of one packet. The object is reusable and allocates only for a new structure. Its fields are
 * valid until the next `read`, unless `read` returned false.
 */
export class DependencyDescriptor {
  isFrameStart = false;
  isFrameEnd = false;
  frameNumber = 0;
  /** Undefined until a structure has been received. */
  spatialId: number | undefined;
  temporalId: number | undefined;
  isSwitch = false;

  /**
   * @param known the structure of the stream so far
   * @returns the structure in force from this packet on, `known` or a new one; false if the descriptor cannot be read
   */
  read(bytes: Uint8Array, offset: number, length: number, known: DependencyStructure | undefined): DependencyStructure | undefined | false {
    if (length < MANDATORY_BYTES) return false;
    this.isFrameStart = (bytes[offset] & 0x80) !== 0;
    this.isFrameEnd = (bytes[offset] & 0x40) !== 0;
    this.frameNumber = (bytes[offset + 1] << 8) | bytes[offset + 2];
    const hasStructure = length > MANDATORY_BYTES && (bytes[offset + MANDATORY_BYTES] & 0x80) !== 0;
    const structure = hasStructure ? parseStructure(bytes, offset + MANDATORY_BYTES, offset + length) : known;
    if (hasStructure && structure === undefined) return false;
    this.#place(bytes[offset] & 0x3f, structure);
    return structure;
  }

  #place(templateId: number, structure: DependencyStructure | undefined): void {
    const index = structure === undefined ? 0 : (templateId + MAX_TEMPLATES - structure.firstTemplateId) % MAX_TEMPLATES;
    this.spatialId = structure?.spatialIds[index];
    this.temporalId = structure?.temporalIds[index];
    this.isSwitch = structure?.areSwitches[index] === true;
  }
}

/** @param offset of the flags before the structure @returns undefined if it is cut off or exceeds the number of layers */
function parseStructure(bytes: Uint8Array, offset: number, end: number): DependencyStructure | undefined {
  const bits = new BitReader(bytes, offset, end);
  // These flags announce the optional parts that follow, the structure first.
  bits.read(5);
  const firstTemplateId = bits.read(6);
  const targets = bits.read(5) + 1;
  const layers = readLayers(bits);
  if (layers === undefined) return undefined;
  const indications = layers.map(() => Array.from({ length: targets }, () => bits.read(2)));
  for (const _template of layers) while (bits.read(1) === 1) bits.read(4);
  skipChains(bits, targets, layers.length);
  const [width, height] = readLargestSize(bits, layers);
  if (bits.isOverrun) return undefined;
  const targetSpatialIds = indications[0].map((_, target) => spatialIdOf(target, indications, layers));
  return {
    firstTemplateId,
    spatialIds: layers.map(({ spatialId }) => spatialId),
    temporalIds: layers.map(({ temporalId }) => temporalId),
    areSwitches: layers.map(({ spatialId }, template) => isSwitch(spatialId, indications[template], targetSpatialIds)),
    width,
    height,
  };
}

interface TemplateLayer {
  readonly spatialId: number;
  readonly temporalId: number;
}

function readLayers(bits: BitReader): TemplateLayer[] | undefined {
  const layers: TemplateLayer[] = [];
  let [spatialId, temporalId] = [0, 0];
  for (;;) {
    if (layers.length === MAX_TEMPLATES || spatialId >= MAX_SPATIAL_LAYERS || temporalId >= MAX_TEMPORAL_LAYERS) return undefined;
    layers.push({ spatialId, temporalId });
    const next = bits.read(2);
    if (next === NO_MORE_LAYERS) return layers;
    if (bits.isOverrun) return undefined;
    if (next === NEXT_TEMPORAL) temporalId++;
    else if (next === NEXT_SPATIAL) {
      spatialId++;
      temporalId = 0;
    }
  }
}

function skipChains(bits: BitReader, targets: number, templates: number): void {
  const chains = bits.readNonSymmetric(targets + 1);
  if (chains === 0) return;
  for (let target = 0; target < targets; target++) bits.readNonSymmetric(chains);
  for (let count = 0; count < templates * chains; count++) bits.read(4);
}

function readLargestSize(bits: BitReader, layers: readonly TemplateLayer[]): readonly [width: number, height: number] {
  if (bits.read(1) === 0) return [0, 0];
  const spatialLayers = Math.max(...layers.map(({ spatialId }) => spatialId)) + 1;
  let size: readonly [number, number] = [0, 0];
  for (let layer = 0; layer < spatialLayers; layer++) size = [bits.read(16) + 1, bits.read(16) + 1];
  return size;
}

/** Returns the highest spatial layer of a decode target. */
function spatialIdOf(target: number, indications: readonly (readonly number[])[], layers: readonly TemplateLayer[]): number {
  let highest = 0;
  for (const [template, { spatialId }] of layers.entries()) {
    if (indications[template][target] !== NOT_PRESENT) highest = Math.max(highest, spatialId);
  }
  return highest;
}

/** Whether every decode target of this spatial layer can be decoded from such a frame on. */
function isSwitch(spatialId: number, own: readonly number[], targetSpatialIds: readonly number[]): boolean {
  let isEach = false;
  for (const [target, indication] of own.entries()) {
    if (targetSpatialIds[target] !== spatialId) continue;
    if (indication !== SWITCH) return false;
    isEach = true;
  }
  return isEach;
}

/** Reads the most significant bit first. Past the end it reads zeros and sets `isOverrun`. */
class BitReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, offset: number, end: number) {
    this.#bytes = bytes;
    this.#at = offset * 8;
    this.#end = end * 8;
  }

  get isOverrun(): boolean {
    return this.#at > this.#end;
  }

  read(count: number): number {
    let value = 0;
    for (let bit = 0; bit < count; bit++) {
      const byte = this.#at < this.#end ? this.#bytes[this.#at >> 3] : 0;
      value = value * 2 + ((byte >> (7 - (this.#at & 7))) & 1);
      this.#at++;
    }
    return value;
  }

  /** Reads a number below `limit` in as few bits as possible (A.8, `ns(n)`). */
  readNonSymmetric(limit: number): number {
    let width = 0;
    for (let rest = limit; rest !== 0; rest >>= 1) width++;
    const short = (1 << width) - limit;
    const value = this.read(width - 1);
    return value < short ? value : (value << 1) - short + this.read(1);
  }
}
