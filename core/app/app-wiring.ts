/**
 * What follows from the settings of an app: its queues and routes, the way of a call to a message, the connections. Made
 * when it is first needed; after a change of settings made again, over the same connections where they are open.
 */
import { systemClock } from '../kernel/clock.js';
import type { NewId } from '../kernel/ids.js';
import { systemRandom } from '../kernel/random.js';
import type { Settings } from '../settings/table.js';
import { Connections } from './connections.js';
import { DirectOutlet } from './direct-outlet.js';
import { MessageBuilder } from './message-builder.js';
import { Publisher } from './publisher.js';
import { QueueTable } from './queue-table.js';
import type { LoadRoutes } from './route-rules.js';
import { Router } from './router.js';

export interface AppWiring {
  readonly settings: Settings;
  readonly queues: QueueTable;
  readonly router: Router;
  readonly publisher: Publisher;
  readonly connections: Connections;
  readonly direct: DirectOutlet;
}

export interface WiringOptions {
  readonly settings: Settings;
  readonly definedIn: string | null;
  readonly newId: NewId;
  readonly load: LoadRoutes;
  /** Connections that are open stay. */
  readonly before: AppWiring | null;
}

export function wireApp({ settings, definedIn, newId, load, before }: WiringOptions): AppWiring {
  const common = { settings, clock: systemClock, random: systemRandom };
  const queues = new QueueTable(settings);
  const router = new Router({
    queues,
    routes: settings.taskRoutes,
    defaultDeliveryMode: settings.taskDefaultDeliveryMode,
    load,
  });
  const builder = new MessageBuilder(settings, systemClock);
  const publisher = new Publisher({ builder, router, settings, newId });
  const isOpen = before?.connections.isOpen === true;
  const connections = isOpen ? before.connections : new Connections({ ...common, definedIn });
  const direct = isOpen ? before.direct : new DirectOutlet({ ...common, connections, queues });
  return { settings, queues, router, publisher, connections, direct };
}

/** Settings that open connections were made with. */
export function isOfConnections(name: string): boolean {
  return /^(broker|result|\*)/i.test(name);
}
