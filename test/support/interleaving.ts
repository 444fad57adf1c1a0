/**
 * Runs two or more small programs against the shipped ring code one memory access at a time, in every order up to a bound
 * of preemptions (as CHESS does), or in orders drawn from a seed. Synchronous code cannot stop in the middle, so a thread
 * that is preempted is left by a `Suspended` exception, and goes on by replay: the program runs again from its start, and
 * its earlier accesses answer what they answered before. Programs must therefore depend on nothing but memory.
 */
import type { Random } from '../../core/kernel/random.js';
import type { RingMemory } from '../../pools/ring/memory.js';

/** Thrown through the program to suspend it; a program must not catch it. */
export class Suspended extends Error {}

/** What a program is given: the memory, and a way to wait for a bell. */
export interface ThreadContext {
  readonly memory: RingMemory;
  /** Blocks until somebody has posted a bell to this thread; takes it. */
  waitForBell(): void;
  /** Posts a bell to another thread. */
  postBell(thread: number): void;
}

export type Program = (context: ThreadContext) => void;

interface World {
  readonly words: Int32Array;
  readonly bells: number[];
}

/** Decides after each access who makes the next one. */
interface Schedule {
  readonly hasPlainSteps: boolean;
  goesOn(thread: number): boolean;
}

type ThreadState = 'runnable' | 'blocked' | 'done' | 'killed';

class ReplayThread implements ThreadContext, RingMemory {
  readonly memory: RingMemory = this;
  readonly bytes = Buffer.alloc(0);
  state: ThreadState = 'runnable';
  readonly #world: World;
  readonly #program: Program;
  readonly #index: number;
  readonly #schedule: Schedule;
  /** Answers of the accesses made so far. */
  readonly #answers: number[] = [];
  #cursor = 0;
  /** The schedule has chosen this thread for one access more. */
  #mayStep = false;

  constructor(world: World, program: Program, index: number, schedule: Schedule) {
    this.#world = world;
    this.#program = program;
    this.#index = index;
    this.#schedule = schedule;
  }

  get isWaiting(): boolean {
    return this.state === 'blocked' && (this.#world.bells[this.#index] ?? 0) === 0;
  }

  get canGoOn(): boolean {
    return this.state === 'runnable' || (this.state === 'blocked' && !this.isWaiting);
  }

  /** Goes on for as long as the schedule has it so. */
  run(): void {
    this.#cursor = 0;
    this.#mayStep = true;
    try {
      this.#program(this);
      this.state = 'done';
    } catch (error) {
      if (!(error instanceof Suspended)) throw error;
    }
  }

  load(word: number): number {
    return this.#access(true, () => this.#world.words[word] ?? 0);
  }

  store(word: number, value: number): void {
    this.#access(true, () => (this.#world.words[word] = value));
  }

  compareExchange(word: number, expected: number, value: number): number {
    return this.#access(true, () => {
      const before = this.#world.words[word] ?? 0;
      if (before === expected) this.#world.words[word] = value;
      return before;
    });
  }

  // Plain accesses are steps as well: a reader that looks too early shall see what is there.
  read(word: number): number {
    return this.#access(this.#schedule.hasPlainSteps, () => this.#world.words[word] ?? 0);
  }

  write(word: number, value: number): void {
    this.#access(this.#schedule.hasPlainSteps, () => (this.#world.words[word] = value));
  }

  postBell(thread: number): void {
    this.#access(true, () => (this.#world.bells[thread] = (this.#world.bells[thread] ?? 0) + 1));
  }

  waitForBell(): void {
    if (this.#cursor < this.#answers.length) {
      this.#cursor++;
      return;
    }
    if ((this.#world.bells[this.#index] ?? 0) === 0) {
      this.state = 'blocked';
      throw new Suspended();
    }
    this.state = 'runnable';
    this.#access(true, () => (this.#world.bells[this.#index] = (this.#world.bells[this.#index] ?? 0) - 1));
  }

  #access(isStep: boolean, act: () => number): number {
    if (this.#cursor < this.#answers.length) return this.#answers[this.#cursor++] as number;
    if (isStep && !this.#mayStep && !this.#schedule.goesOn(this.#index)) throw new Suspended();
    if (isStep) this.#mayStep = false;
    return this.#make(act);
  }

  #make(act: () => number): number {
    const answer = act();
    this.#answers.push(answer);
    this.#cursor++;
    return answer;
  }
}

export interface Scenario {
  readonly words: number;
  /** Fresh programs for one schedule; what they record is looked at by `check`. */
  readonly make: () => {
    readonly programs: readonly Program[];
    /** Called when nobody can go on. `isDeadlocked`: somebody waits for a bell that will not come. */
    readonly check: (end: { readonly isDeadlocked: boolean; readonly words: Int32Array }) => void;
  };
  /** Sets the memory up before the programs start. */
  readonly prepare?: (words: Int32Array) => void;
  /** Thread that stops for ever at any of its accesses in turn, or at none; none by default. */
  readonly killable?: number;
  /** Who learns of it: a word becomes 1, and a bell is posted. */
  readonly onKill?: { readonly word: number; readonly bellTo: number };
  /**
   * Whether a thread can be stopped at plain accesses, too. Without, more switches can be explored; that plain accesses
   * are ordered by the cursors is what the scenarios of the ring itself show. @defaultValue true
   */
  readonly hasPlainSteps?: boolean;
}

/** Chooses the next thread among the runnable ones, or kills one: negative numbers are `-1 - thread`. */
type Choose = (runnable: readonly number[], last: number) => number;

const MAX_STEPS = 5_000;

class ScheduledRun implements Schedule {
  readonly hasPlainSteps: boolean;
  readonly #scenario: Scenario;
  readonly #choose: Choose;
  readonly #world: World;
  readonly #threads: readonly ReplayThread[];
  #last = 0;
  #steps = 0;
  /** Who was chosen and has not run yet. */
  #pending: number | null = null;

  constructor(scenario: Scenario, programs: readonly Program[], choose: Choose) {
    this.#scenario = scenario;
    this.#choose = choose;
    this.hasPlainSteps = scenario.hasPlainSteps ?? true;
    this.#world = { words: new Int32Array(scenario.words), bells: programs.map(() => 0) };
    scenario.prepare?.(this.#world.words);
    this.#threads = programs.map((program, index) => new ReplayThread(this.#world, program, index, this));
  }

  /** Asked by a thread that is about to access: whether it is its turn again. */
  goesOn(thread: number): boolean {
    if (this.#next() !== thread) return false;
    this.#pending = null;
    return true;
  }

  /** Runs until nobody can go on. */
  end(): { readonly isDeadlocked: boolean; readonly words: Int32Array } {
    this.#next();
    for (let thread = this.#pending; thread !== null; thread = this.#pending) {
      this.#pending = null;
      (this.#threads[thread] as ReplayThread).run();
      if (this.#pending === null) this.#next();
    }
    const isDeadlocked = this.#threads.some((thread) => thread.state === 'blocked');
    return { isDeadlocked, words: this.#world.words };
  }

  #next(): number | null {
    this.#pending = null;
    for (;;) {
      const runnable: number[] = [];
      for (let i = 0; i < this.#threads.length; i++) if ((this.#threads[i] as ReplayThread).canGoOn) runnable.push(i);
      if (runnable.length === 0) return null;
      if (this.#steps++ >= MAX_STEPS) throw new Error('the programs go on for ever');
      const choice = this.#choose(runnable, this.#last);
      if (choice >= 0) {
        this.#last = choice;
        this.#pending = choice;
        return choice;
      }
      this.#kill(-1 - choice);
    }
  }

  #kill(thread: number): void {
    (this.#threads[thread] as ReplayThread).state = 'killed';
    const { onKill } = this.#scenario;
    if (onKill === undefined) return;
    this.#world.words[onKill.word] = 1;
    this.#world.bells[onKill.bellTo] = (this.#world.bells[onKill.bellTo] ?? 0) + 1;
  }
}

function runSchedule(scenario: Scenario, choose: Choose): void {
  const { programs, check } = scenario.make();
  check(new ScheduledRun(scenario, programs, choose).end());
}

/** Every schedule with up to `preemptions` switches away from a thread that could go on. Answers how many there were. */
export function exploreAll(scenario: Scenario, preemptions: number): number {
  let count = 0;
  let prefix: number[] = [];
  for (;;) {
    const options: (readonly number[])[] = [];
    const taken: number[] = [];
    let left = preemptions;
    let mayKill = scenario.killable !== undefined;
    runSchedule(scenario, (runnable, last) => {
      const canGoOn = runnable.includes(last);
      const open = canGoOn ? [last, ...(left > 0 ? runnable.filter((each) => each !== last) : [])] : [...runnable];
      const killable = scenario.killable ?? 0;
      if (mayKill && runnable.includes(killable)) open.push(-1 - killable);
      const at = prefix[taken.length] ?? 0;
      const choice = open[at] as number;
      options.push(open);
      taken.push(at);
      if (choice < 0) mayKill = false;
      else if (canGoOn && choice !== last) left--;
      return choice;
    });
    count++;
    let depth = taken.length - 1;
    while (depth >= 0 && (taken[depth] as number) + 1 >= (options[depth] as readonly number[]).length) depth--;
    if (depth < 0) return count;
    prefix = taken.slice(0, depth + 1);
    prefix[depth] = (prefix[depth] as number) + 1;
  }
}

/** `schedules` schedules drawn at random. */
export function exploreRandom(scenario: Scenario, random: Random, schedules: number): void {
  for (let i = 0; i < schedules; i++) {
    runSchedule(scenario, (runnable) => runnable[Math.floor(random.float() * runnable.length)] as number);
  }
}
