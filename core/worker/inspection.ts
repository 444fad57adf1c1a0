/**
 * What a worker tells of itself (the inspect commands of features §24.1), read from its parts when asked. Names are those
 * of the language; the wire's spelling is the remote control's business. Host thread.
 */
import { formatInstant } from '../protocol/iso-instant.js';
import type { Settings } from '../settings/table.js';
import type { Assembly } from './assembly.js';
import type { AutoscalerInfo } from './autoscaler.js';
import { describeRequest, type RequestInfo, type ScheduledInfo } from './request-info.js';
import type { Request } from './request.js';

export interface TaskInfo {
  readonly name: string;
  /** Tokens a second; null without a limit. */
  readonly ratePerSecond: number | null;
}

export interface WorkerStats {
  /** Task → messages received. */
  readonly total: Readonly<Record<string, number>>;
  readonly pid: number;
  /** Seconds since the start. */
  readonly uptime: number;
  readonly pool: {
    /** Kind of the pool: `threads`, `processes`, … */
    readonly implementation: string;
    readonly maxConcurrency: number;
    /** Ids of the members' threads, of their processes where they have one of their own. */
    readonly processes: readonly number[];
    readonly maxTasksPerChild: number | null;
    /** A member never gets more than it has room for (CONC-11). */
    readonly putGuardedBySemaphore: boolean;
    /** Jobs that each of these members was given. */
    readonly writes: readonly number[];
    /** Members that have a job now. */
    readonly activeWrites: number;
    /** Seconds, soft and hard. */
    readonly timeouts: readonly [soft: number | null, hard: number | null];
  };
  /** Without password. */
  readonly broker: { readonly address: string };
  /** Unsettled deliveries that the worker takes at most now; 0 is without limit. */
  readonly prefetchCount: number;
  /** Bytes of the bodies in hand. */
  readonly prefetchBytes: number;
  readonly rusage: NodeJS.ResourceUsage;
  /** null where it is off. */
  readonly autoscaler: AutoscalerInfo | null;
}

export class Inspection {
  readonly #parts: Assembly;
  readonly #hostname: string;
  readonly #settings: Settings;

  constructor(parts: Assembly, { hostname, settings }: { readonly hostname: string; readonly settings: Settings }) {
    this.#parts = parts;
    this.#hostname = hostname;
    this.#settings = settings;
  }

  active(): readonly RequestInfo[] {
    return this.#requests((request) => this.#isRunning(request));
  }

  /** Taken, neither started nor held until an ETA. */
  reserved(): readonly RequestInfo[] {
    return this.#requests((request) => {
      if (request.machine.is('reserved', 'limited', 'checking')) return true;
      return request.machine.is('dispatched') && !this.#isRunning(request);
    });
  }

  scheduled(): readonly ScheduledInfo[] {
    return [...(this.#parts.intake?.admission.scheduled() ?? [])].map((request) => ({
      eta: formatInstant(request.dueEpochMs ?? 0),
      // Celery's timer gives every one of them this priority.
      priority: 6,
      request: describeRequest(request, this.#hostname),
    }));
  }

  registered(): readonly TaskInfo[] {
    const { plans, intake } = this.#parts;
    return [...plans.keys()].map((name) => ({ name, ratePerSecond: intake?.admission.rateLimitOf(name) ?? null }));
  }

  stats(uptimeMs: number): WorkerStats {
    const { intake, pool, window, transport } = this.#parts;
    const { taskSoftTimeLimit, taskTimeLimit, workerMaxTasksPerChild } = this.#settings;
    const snapshot = pool?.snapshot();
    const members = snapshot?.members ?? [];
    return {
      total: Object.fromEntries(intake?.totals ?? []),
      pid: process.pid,
      uptime: uptimeMs / 1_000,
      pool: {
        implementation: pool?.capabilities.kind ?? '',
        maxConcurrency: snapshot?.size ?? 0,
        processes: members.map(({ threadId }) => threadId),
        maxTasksPerChild: workerMaxTasksPerChild,
        putGuardedBySemaphore: true,
        writes: members.map(({ completed, inFlight }) => completed + inFlight),
        activeWrites: members.filter(({ inFlight }) => inFlight > 0).length,
        timeouts: [taskSoftTimeLimit, taskTimeLimit],
      },
      broker: { address: transport?.address ?? '' },
      prefetchCount: window.count,
      prefetchBytes: window.bytes,
      rusage: process.resourceUsage(),
      autoscaler: this.#parts.size?.autoscaler ?? null,
    };
  }

  #isRunning(request: Request): boolean {
    if (request.machine.is('running')) return true;
    return request.machine.is('dispatched') && this.#parts.pool?.isRunning(request) === true;
  }

  #requests(isMeant: (request: Request) => boolean): readonly RequestInfo[] {
    const requests = [...(this.#parts.intake?.requests() ?? [])].filter(isMeant);
    return requests.map((request) => describeRequest(request, this.#hostname));
  }
}
