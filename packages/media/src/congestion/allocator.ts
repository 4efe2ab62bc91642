/** Chooses which of a publication's simulcast layers each subscriber gets. */

/** A layer as the allocator sees it; a receive stream is one. */
export interface AvailableLayer {
  readonly rid: string;
  readonly statistics: { bitrateBps(nowMs: number): number };
  /** Packets of it came within the last moment. */
  isArriving(nowMs: number): boolean;
}

export interface LayerWish<Layer extends AvailableLayer> {
  /** The layer asked for over the API; undefined leaves the choice to us. */
  readonly preferredRid: string | undefined;
  /** The layer being forwarded now. */
  readonly current: Layer | undefined;
}

/**
 * The router calls `choose` for each subscriber when it joins and once a second; the subscriber then waits for the chosen
 * layer's next keyframe. An adaptive allocator also weighs the estimate of the subscriber's path.
 */
export interface Allocator {
  /** @returns undefined if no layer has arrived yet */
  choose<Layer extends AvailableLayer>(nowMs: number, layers: readonly Layer[], wish: LayerWish<Layer>): Layer | undefined;
}

/** Every switch costs a keyframe: layers this close in bitrate are not worth one. Browsers space theirs by 2 to 4. */
export const SWITCH_RATIO = 1.25;

/**
 * @returns an allocator that gives everybody the layer asked for, or the best that is arriving: the one with the highest
 *   bitrate, whatever the layers are called
 */
export function createBestLayerAllocator(): Allocator {
  return { choose: chooseBestArriving };
}

function chooseBestArriving<Layer extends AvailableLayer>(
  nowMs: number,
  layers: readonly Layer[],
  wish: LayerWish<Layer>,
): Layer | undefined {
  const arriving = layers.filter((layer) => layer.isArriving(nowMs));
  const preferred = arriving.find((layer) => layer.rid === wish.preferredRid);
  if (preferred !== undefined) return preferred;

  let best = arriving.find((layer) => layer === wish.current);
  let toBeatBps = best === undefined ? Number.NEGATIVE_INFINITY : best.statistics.bitrateBps(nowMs) * SWITCH_RATIO;
  for (const layer of arriving) {
    const bitrateBps = layer.statistics.bitrateBps(nowMs);
    if (layer === wish.current || bitrateBps <= toBeatBps) continue;
    best = layer;
    toBeatBps = bitrateBps;
  }
  // Silence everywhere is a muted publisher: stay, to go on without a switch when it speaks again.
  return best ?? wish.current ?? layers[0];
}
