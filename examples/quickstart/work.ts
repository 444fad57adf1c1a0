/** The list of what is to be done: one entry a task. */
import { tilesOfPicture, type Tile } from './fractal.js';
import { findInputFiles } from './input-files.js';

export type Work = { readonly kind: 'file'; readonly path: string } | { readonly kind: 'tile'; readonly tile: Tile };

/** Files and tiles, mixed evenly. */
export function planWork(filesFolder: string): readonly Work[] {
  const files = findInputFiles(filesFolder).map((path): Work => ({ kind: 'file', path }));
  const tiles = tilesOfPicture().map((tile): Work => ({ kind: 'tile', tile }));
  const work = [...files];
  const step = files.length / tiles.length + 1;
  tiles.forEach((tile, i) => work.splice(Math.floor(i * step), 0, tile));
  return work;
}
