/**
 * Bounds of what a stranger's message may cost its reader (reliability.md §5.6), each a setting. Made once from the
 * settings and handed to every decoder, in host, members and clients.
 */
import { ProtocolError } from '../kernel/errors.js';
import type { DecodeLimits } from '../ports/serializer.js';

/** Bounds of a body (`messageMaxBytes`, `messageMaxDepth`, `messageMaxNodes`, `messageMaxStringBytes`). */
export type MessageLimits = DecodeLimits;

export const DEFAULT_MESSAGE_LIMITS: MessageLimits = Object.freeze({
  maxBytes: 16 * 1024 * 1024,
  maxDepth: 64,
  maxNodes: 1_000_000,
  maxStringBytes: 8 * 1024 * 1024,
});

/** The part of the settings that bounds a body. */
export interface MessageLimitSettings {
  readonly messageMaxBytes: number;
  readonly messageMaxDepth: number;
  readonly messageMaxNodes: number;
  readonly messageMaxStringBytes: number;
}

export function messageLimitsOf(settings: MessageLimitSettings): MessageLimits {
  return {
    maxBytes: settings.messageMaxBytes,
    maxDepth: settings.messageMaxDepth,
    maxNodes: settings.messageMaxNodes,
    maxStringBytes: settings.messageMaxStringBytes,
  };
}

/** Of `what`, a body or what it decompresses to. */
export function tooLarge(what: string, { maxBytes }: MessageLimits): ProtocolError {
  return new ProtocolError(`${what} exceeds the limit of ${String(maxBytes)} bytes`, { reason: 'too-large' });
}

export function tooDeep({ maxDepth }: MessageLimits): ProtocolError {
  return new ProtocolError(`the value is nested deeper than ${String(maxDepth)}`, { reason: 'too-deep' });
}

export function tooManyValues({ maxNodes }: MessageLimits): ProtocolError {
  return new ProtocolError(`the message holds more than ${String(maxNodes)} values`, { reason: 'too-many-values' });
}

export function tooLongString({ maxStringBytes }: MessageLimits): ProtocolError {
  return new ProtocolError(`a text is longer than ${String(maxStringBytes)} bytes`, { reason: 'too-long-string' });
}
