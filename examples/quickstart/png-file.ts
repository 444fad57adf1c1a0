/** Writes a picture as PNG (RFC 2083) under its final name only when it is whole. Main thread. */
import { rename, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32, deflate } from 'node:zlib';

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Three bytes a pixel (red, green, blue), row after row. */
  readonly pixels: Uint8Array;
}

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** @throws the signal's reason, or an error of the file system; no partial file stays behind. */
export async function writePng(path: string, picture: Picture, signal: AbortSignal): Promise<void> {
  const draft = `${path}.${String(process.pid)}.tmp`;
  try {
    await writeFile(draft, await encodePng(picture), { signal });
    signal.throwIfAborted();
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function encodePng({ width, height, pixels }: Picture): Promise<Buffer> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits a channel, colour type 2 (RGB), then the only methods there are: deflate, filters, no interlace.
  header.set([8, 2, 0, 0, 0], 8);
  const data = await promisify(deflate)(filterRows(pixels, width * 3));
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

/** Filter 2, "up": each byte less the one above it, which leaves deflate little to do in smooth areas. */
function filterRows(pixels: Uint8Array, stride: number): Buffer {
  const rows = pixels.length / stride;
  const filtered = Buffer.alloc(rows * (stride + 1));
  for (let row = 0; row < rows; row++) {
    const to = row * (stride + 1);
    filtered[to] = 2;
    for (let i = 0; i < stride; i++) {
      const from = row * stride + i;
      filtered[to + 1 + i] = (pixels[from] ?? 0) - (row === 0 ? 0 : (pixels[from - stride] ?? 0));
    }
  }
  return filtered;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
