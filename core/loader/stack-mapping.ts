/**
 * Shows the .ts file and line in the stacks of errors from compiled modules. Called through import-module by each
 * thread that imports one.
 *
 * `process.setSourceMapsEnabled` would do it for every module of the thread, and reads and parses the map of each
 * package as it loads: 300 modules with 55 kB maps cost each member 100 ms and 38 MB (measured, Node 20.20). Here only a
 * frame inside a compiled module costs anything, and only when its stack is looked at.
 */
import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isCompiledModule } from './module-name.js';

/** File name of a compiled module → its map; null where it cannot be read. */
const maps = new Map<string, SourceMap | null>();

/** The declaration lacks what V8 gives: the text of the frame as it stands in a stack. */
interface Frame extends NodeJS.CallSite {
  toString(): string;
}

type StackFormatter = (error: Error, frames: readonly Frame[]) => unknown;

/** The formatter of this thread that maps; null until the first call. */
let mappingFormatter: StackFormatter | null = null;

/**
 * From now on stacks that are first looked at in this thread name the source. Without effect where Node maps stacks
 * already (`--enable-source-maps`), and when called again. A formatter that is there (Node's own, or one of the user)
 * goes on formatting; it gets frames that tell the place in the source.
 */
export function mapStacks(): void {
  const isEnabled = (process as { readonly sourceMapsEnabled?: boolean }).sourceMapsEnabled === true;
  if (isEnabled || mappingFormatter !== null) return;
  const holder = Error as unknown as { prepareStackTrace?: StackFormatter };
  const format = holder.prepareStackTrace ?? joinFrames;
  mappingFormatter = (error, frames) => format(error, frames.map(mapFrame));
  holder.prepareStackTrace = mappingFormatter;
}

function joinFrames(error: Error, frames: readonly Frame[]): string {
  return [String(error), ...frames.map((frame) => frame.toString())].join('\n    at ');
}

function mapFrame(frame: Frame): Frame {
  const file = frame.getFileName();
  if (typeof file !== 'string' || !isCompiledModule(file)) return frame;
  const line = frame.getLineNumber() ?? 1;
  const column = frame.getColumnNumber() ?? 1;
  const origin = mapOf(file)?.findEntry(line - 1, column - 1);
  if (origin === undefined || !('originalSource' in origin)) return frame;
  const source = file.startsWith('file:') ? origin.originalSource : fileURLToPath(origin.originalSource);
  const [originalLine, originalColumn] = [origin.originalLine + 1, origin.originalColumn + 1];
  const place = `${source}:${String(originalLine)}:${String(originalColumn)}`;
  return frameAt(frame, {
    getFileName: () => source,
    getScriptNameOrSourceURL: () => source,
    getLineNumber: () => originalLine,
    getColumnNumber: () => originalColumn,
    toString: () => frame.toString().replace(`${file}:${String(line)}:${String(column)}`, () => place),
  });
}

/** The frame with some answers replaced. The other methods refuse any receiver but the frame itself. */
function frameAt(frame: Frame, answers: Readonly<Record<string, () => unknown>>): Frame {
  return new Proxy(frame, {
    get: (target, name) => {
      if (typeof name === 'string' && Object.hasOwn(answers, name)) return answers[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

function mapOf(file: string): SourceMap | null {
  let map = maps.get(file);
  if (map === undefined) {
    map = readMap(file);
    maps.set(file, map);
  }
  return map;
}

function readMap(file: string): SourceMap | null {
  try {
    const path = file.startsWith('file:') ? fileURLToPath(file) : file;
    return new SourceMap(JSON.parse(readFileSync(`${path}.map`, 'utf8')) as SourceMapPayload);
  } catch {
    return null;
  }
}
