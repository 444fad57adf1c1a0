/**
 * A point in time with all that Python's `datetime` has and Date lacks: microseconds, an offset, or no zone at all. It is
 * a Date, and the decoders make one only where a plain Date would lose something, so that a value which passes through a
 * task is written again as it came (WIRE-27).
 */
import { EncodeError } from '../kernel/errors.js';
import { formatInstant, parseInstant } from './iso-instant.js';

/** `datetime.isoformat()`. */
const PYTHON_FORM = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{6}))?([+-]\d\d:\d\d(?::\d\d)?)?$/;

export class PyDateTime extends Date {
  readonly #isoText: string;
  readonly #epochMs: number;
  /** 0 to 999999. */
  readonly microsecond: number;
  /** `+02:00`; null for a naive time, which counts as UTC here. */
  readonly offset: string | null;

  /** @param text as Python's `isoformat()`. @throws EncodeError when it is not. */
  constructor(text: string) {
    const m = PYTHON_FORM.exec(text);
    const epochMs = parseInstant(text);
    if (m === null || epochMs === null) throw new EncodeError('not a datetime as Python writes it');
    super(epochMs);
    this.#isoText = text;
    this.#epochMs = epochMs;
    this.microsecond = Number(m[1] ?? 0);
    this.offset = m[2] ?? null;
  }

  /** As Python's `isoformat()`; null when the Date was set to another time since. */
  get isoText(): string | null {
    return this.getTime() === this.#epochMs ? this.#isoText : null;
  }

  /** A plain Date where that says everything, else a PyDateTime. @throws EncodeError when the text is no instant. */
  static read(text: string): Date {
    const epochMs = parseInstant(text);
    if (epochMs === null) throw new EncodeError('its value is not an ISO 8601 instant');
    if (!PYTHON_FORM.test(text) || isSaidByDate(text, epochMs)) return new Date(epochMs);
    return new PyDateTime(text);
  }
}

function isSaidByDate(text: string, epochMs: number): boolean {
  return text.endsWith('+00:00') && formatInstant(epochMs) === text;
}
