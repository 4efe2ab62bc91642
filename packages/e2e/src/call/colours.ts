/** Colours that differ enough to be told apart after any codec. */
import type { Colour } from '../in-page/picture.ts';

export const RED: Colour = [200, 30, 30];
export const GREEN: Colour = [30, 180, 30];
export const BLUE: Colour = [30, 30, 200];
export const YELLOW: Colour = [210, 200, 20];
