/**
 * Runs two or more small programs against the shipped ring code one memory access at a time, in every order up to a bound
 * of preemptions (as CHESS does), or in orders drawn from a seed. Synchronous code cannot stop in the middle, so a step
 * is made by replay: the program runs again from its start, its earlier accesses answer what they answered before, one
 * new access is made, and a `Suspended` exception ends the step. Programs must therefore depend on nothing but memory.
 */
import type { Random } from '../../core/kernel/random.js';
import type { RingMemory } from '../../pools/ring/memory.js';

/** Thrown through the program to suspend it; a program must not catch it. */
class Suspended extends Error {}

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

type ThreadState = 'runnable' | 'blocked' | 'done' | 'killed';

class ReplayThread implements ThreadContext, RingMemory {
  readonly memory: RingMemory = this;
  readonly bytes = Buffer.alloc(0);
  state: ThreadState = 'runnable';
  readonly #world: World;
  readonly #program: Program;
  readonly #index: number;
  /** Answers of the accesses made so far. */
  readonly #answers: number[] = [];
  #cursor = 0;
  #mayStep = false;

  constructor(world: World, program: Program, index: number) {
    this.#world = world;
    this.#program = program;
    this.#index = index;
  }

  get isWaiting(): boolean {
    return this.state === 'blocked' && (this.#world.bells[this.#index] ?? 0) === 0;
  }

  /** Makes one access. */
  step(): void {
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
    return this.#access(() => this.#world.words[word] ?? 0);
  }

  store(word: number, value: number): void {
    this.#access(() => (this.#world.words[word] = value));
  }

  compareExchange(word: number, expected: number, value: number): number {
    return this.#access(() => {
      const before = this.#world.words[word] ?? 0;
      if (before === expected) this.#world.words[word] = value;
      return before;
    });
  }

  // Plain accesses are steps as well: a reader that looks too early shall see what is there.
  read(word: number): number {
    return this.load(word);
  }

  write(word: number, value: number): void {
    this.store(word, value);
  }

  postBell(thread: number): void {
    this.#access(() => (this.#world.bells[thread] = (this.#world.bells[thread] ?? 0) + 1));
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
    this.#access(() => (this.#world.bells[this.#index] = (this.#world.bells[this.#index] ?? 0) - 1));
  }

  #access(act: () => number): number {
    if (this.#cursor < this.#answers.length) return this.#answers[this.#cursor++] as number;
    if (!this.#mayStep) throw new Suspended();
    this.#mayStep = false;
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
  /** Thread that stops for ever at any of its steps in turn; none by default. */
  readonly killable?: number;
}

/** Chooses the next thread among the runnable ones, or kills one: negative numbers are `-1 - thread`. */
type Choose = (runnable: readonly number[], last: number) => number;

const MAX_STEPS = 5_000;

function runSchedule(scenario: Scenario, choose: Choose): void {
  const { programs, check } = scenario.make();
  const world: World = { words: new Int32Array(scenario.words), bells: programs.map(() => 0) };
  scenario.prepare?.(world.words);
  const threads = programs.map((program, index) => new ReplayThread(world, program, index));
  let last = 0;
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const runnable = threads.flatMap((thread, index) =>
      thread.state === 'done' || thread.state === 'killed' || thread.isWaiting ? [] : [index],
    );
    if (runnable.length === 0) break;
    const choice = choose(runnable, last);
    if (choice < 0) (threads[-1 - choice] as ReplayThread).state = 'killed';
    else {
      last = choice;
      (threads[choice] as ReplayThread).step();
    }
  }
  check({ isDeadlocked: threads.some((thread) => thread.state === 'blocked'), words: world.words });
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
