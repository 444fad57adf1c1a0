/**
 * The class of an autoscaler that the user brings along (CONF-166, WORK-98): itself in `workerAutoscaler`, or its address,
 * as `./my-autoscaler.js:Patient` from the app module. Host thread, at the start of a worker.
 */
import { ConfigError } from '../kernel/errors.js';
import { importModule } from '../loader/import-module.js';
import { locateModule, splitAppArgument } from '../loader/module-location.js';
import { prepareModule } from '../loader/prepare-module.js';
import type { Callable } from '../settings/setting.js';
import { Autoscaler, type AutoscalerOptions, type Autoscaling } from './autoscaler.js';
import type { HostModule } from './host-module.js';

export type AutoscalerClass = new (options: AutoscalerOptions) => Autoscaling;

const METHODS = ['maybeScale', 'update', 'info', 'close'] as const;

/** @param named null for ours. @throws ConfigError that says what is wrong with it */
export async function loadAutoscaler(named: Callable | null, host: HostModule): Promise<AutoscalerClass> {
  if (named === null) return Autoscaler;
  if (typeof named === 'function') return checkClass(named, named.name);
  const { module, attribute } = splitAppArgument(named);
  const { url } = await prepareModule(locateModule(module, host.sourceUrl));
  const namespace = await importModule(url).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`the autoscaler ${named} fails when it is loaded: ${reason}`, { cause: error });
  });
  return checkClass(namespace[attribute ?? 'default'], named);
}

function checkClass(exported: unknown, address: string): AutoscalerClass {
  const prototype: unknown = typeof exported === 'function' ? exported.prototype : null;
  if (typeof prototype !== 'object' || prototype === null)
    throw new ConfigError(`the autoscaler ${address} is no class`);
  const missing = METHODS.filter((name) => typeof Reflect.get(prototype, name) !== 'function');
  if (missing.length === 0) return exported as AutoscalerClass;
  throw new ConfigError(`the autoscaler ${address} has no ${missing.join(', ')}`);
}
