/**
 * A view of the Mandelbrot set, rendered in tiles by the task `quickstart.render-tile` and by the one-thread measurement.
 * Each point is iterated together with its derivative: the escape gives a smooth colour, the derivative the slope of the
 * landscape, which is lit from one side. Pure arithmetic, so it keeps a thread busy and nothing else.
 */

export interface Tile {
  /** Left upper corner in the picture, and size; pixels. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The whole picture, pixels. */
export const picture = { width: 1920, height: 1200, tileSize: 120 } as const;

/** A spiral in the valley of the seahorses. */
const view = { re: -0.743643887037151, im: 0.13182590420533, span: 0.00012 } as const;

const maxIterations = 3_000;
const escapeRadiusSquared = 10_000;
/** Samples of a pixel, no two in one row or column, so that near-level and near-upright edges are smooth. */
const samples = [
  [0.17, 0.5],
  [0.5, 0.83],
  [0.83, 0.17],
] as const;
const scale = view.span / picture.width;

/** Pixels of the tile, three bytes each (red, green, blue), row after row. */
export function renderPixels(tile: Tile): Uint8Array {
  const pixels = new Uint8Array(tile.width * tile.height * 3);
  const color = new Float64Array(3);
  let at = 0;
  for (let y = tile.y; y < tile.y + tile.height; y++) {
    for (let x = tile.x; x < tile.x + tile.width; x++) {
      color.fill(0);
      for (const [dx, dy] of samples) {
        const re = view.re + (x + dx - picture.width / 2) * scale;
        const im = view.im - (y + dy - picture.height / 2) * scale;
        addSample(color, re, im);
      }
      for (const sum of color) pixels[at++] = 255 * Math.sqrt(sum / samples.length);
    }
  }
  return pixels;
}

/** Adds the light of one point, linear, 0 to 1 a channel; a point of the set is black. */
function addSample(color: Float64Array, cRe: number, cIm: number): void {
  let re = 0;
  let im = 0;
  let dRe = 0;
  let dIm = 0;
  let re2 = 0;
  let im2 = 0;
  let n = 0;
  while (n < maxIterations && re2 + im2 < escapeRadiusSquared) {
    const nextDRe = 2 * (re * dRe - im * dIm) + 1;
    dIm = 2 * (re * dIm + im * dRe);
    dRe = nextDRe;
    im = 2 * re * im + cIm;
    re = re2 - im2 + cRe;
    re2 = re * re;
    im2 = im * im;
    n++;
  }
  if (n === maxIterations) return;
  const smooth = n + 1 - Math.log2(Math.log(re2 + im2) / 2);
  // Distance to the set in pixels: nearer than one, colours change faster than pixels can follow, so they fade to one.
  const distance = (Math.sqrt((re2 + im2) / (dRe * dRe + dIm * dIm)) * Math.log(re2 + im2)) / scale;
  paint(color, smooth, { light: slopeLight(re, im, { dRe, dIm }), clearness: Math.min(1, Math.sqrt(distance) * 0.8) });
}

/** How much the slope at the point faces the light, 0 to 1: z/z' points uphill. */
function slopeLight(re: number, im: number, { dRe, dIm }: { readonly dRe: number; readonly dIm: number }): number {
  const uphillRe = re * dRe + im * dIm;
  const uphillIm = im * dRe - re * dIm;
  const length = Math.hypot(uphillRe, uphillIm) || 1;
  const height = 1.4;
  const facing = (uphillRe * Math.SQRT1_2 + uphillIm * Math.SQRT1_2) / length + height;
  return Math.max(0, facing / (1 + height));
}

interface Shade {
  /** 0 in the shade, 1 in full light. */
  readonly light: number;
  /** 0 at the set, 1 well away from it. */
  readonly clearness: number;
}

/** A wheel of colours, linear light: night blue, sky, cream, amber, wine. It turns slower the deeper it goes. */
const wheel: readonly (readonly [number, number, number])[] = [
  [0.01, 0.02, 0.09],
  [0.02, 0.13, 0.42],
  [0.18, 0.52, 0.85],
  [0.95, 0.9, 0.74],
  [0.95, 0.46, 0.06],
  [0.4, 0.05, 0.07],
  [0.07, 0.01, 0.08],
];
const rim: readonly [number, number, number] = [0.9, 0.78, 0.55];

function paint(color: Float64Array, smooth: number, { light, clearness }: Shade): void {
  const turn = Math.log(smooth) * 1.05;
  const place = (turn - Math.floor(turn)) * wheel.length;
  const from = wheel[Math.floor(place)] ?? rim;
  const to = wheel[(Math.floor(place) + 1) % wheel.length] ?? rim;
  const t = place - Math.floor(place);
  const eased = t * t * (3 - 2 * t);
  for (let i = 0; i < 3; i++) {
    const hue = (from[i] ?? 0) * (1 - eased) + (to[i] ?? 0) * eased;
    const seen = hue * (0.3 + 0.7 * light) * clearness + (rim[i] ?? 0) * (1 - clearness);
    color[i] = (color[i] ?? 0) + seen;
  }
}

/** The tiles that make up the picture. */
export function tilesOfPicture(): readonly Tile[] {
  const { width, height, tileSize } = picture;
  const tiles: Tile[] = [];
  for (let y = 0; y < height; y += tileSize) {
    for (let x = 0; x < width; x += tileSize) {
      tiles.push({ x, y, width: Math.min(tileSize, width - x), height: Math.min(tileSize, height - y) });
    }
  }
  return tiles;
}
