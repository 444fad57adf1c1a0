/**
 * Options of commands from the environment: `--prefetch-multiplier` of `worker` is `CELERY_WORKER_PREFETCH_MULTIPLIER`,
 * as Celery has it. An option that is typed stands above its variable. Applied before a command runs.
 */
import { InvalidArgumentError, type Command, type Option } from 'commander';

type Environment = Readonly<Record<string, string | undefined>>;

/** `worker` and `--time-limit` → `CELERY_WORKER_TIME_LIMIT`. */
export function variableOf(command: Command, option: Option): string {
  const words = `${pathOf(command)} ${(option.long ?? option.short ?? '').replace(/^-+(no-)?/, '')}`;
  return `CELERY_${words.replaceAll(/[^A-Za-z\d]+/g, '_').toUpperCase()}`;
}

function pathOf(command: Command): string {
  const above = command.parent;
  return above?.parent == null ? command.name() : `${pathOf(above)} ${command.name()}`;
}

/** Sets what was not typed and is in the environment; a value that cannot be read ends the program with code 2. */
export function applyOptionEnvironment(command: Command, environment: Environment): void {
  for (const option of command.options) {
    const variable = variableOf(command, option);
    const text = environment[variable];
    const isTyped = command.getOptionValueSource(option.attributeName()) === 'cli';
    if (text === undefined || text === '' || isTyped) continue;
    command.setOptionValueWithSource(option.attributeName(), valueOf(command, option, { variable, text }), 'env');
  }
}

function valueOf(
  command: Command,
  option: Option,
  given: { readonly variable: string; readonly text: string },
): unknown {
  const { variable, text } = given;
  try {
    if (!option.required && !option.optional) return switchOf(text) !== option.negate;
    const parse = option.parseArg as ((value: string, previous: unknown) => unknown) | undefined;
    return parse === undefined ? text : parse(text, undefined);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    return command.error(`error: environment variable ${variable} value '${text}' is invalid. ${error.message}`);
  }
}

function switchOf(text: string): boolean {
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  if (/^(0|false|no|off)$/i.test(text)) return false;
  throw new InvalidArgumentError('It must be true or false.');
}
