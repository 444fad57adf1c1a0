/** Port to a structured logger; pino's shape, so a pino instance is one. Silent by default in an embedded worker. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A logger that can say that nobody listens, so that a line for each task costs nothing then. */
export interface LeveledLogger extends Logger {
  isLevelEnabled(level: LogLevel): boolean;
}

const nothing = (): void => undefined;
export const silentLogger: LeveledLogger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  isLevelEnabled: () => false,
};
