/** What stands below the options in `--help`: examples to copy, and the exit codes (CLI-80). */

const EXIT_CODES = `
Exit codes:
  0   done
  1   the task failed, or the worker ended otherwise than by one SIGTERM
  2   the command line cannot be read
  64  wrong use: no such app, a wrong setting, a purge that nobody confirms
  69  broker or result backend not reached, or no result in time
  73  a file cannot be created, as the pid file of a worker that runs`;

export const PROGRAM = `
Examples:
  celeriac -A tasks.ts worker -c 4                      run the tasks of tasks.ts on 4 threads
  celeriac -A tasks.ts call shop.add -a '[2,3]' --wait  run one, print its result
  celeriac -A tasks.ts dead list                        see what no worker could run

The answer of a command is all it writes to stdout. A relative path in a sqlite URL starts at
the folder of the module; one that is given here starts at the working directory.
${EXIT_CODES}

celeriac COMMAND --help tells more.`;

export const WORKER = `
Examples:
  celeriac -A tasks.ts worker -c 4 -l INFO              say what every task does
  celeriac -A tasks.ts worker -Q celery,images          consume two queues
  celeriac -A src/app.ts:queue worker                   the app is the export "queue"
  celeriac -A tasks.ts worker --processes 2 -c 4        two processes of 4 threads each

It writes "NODE ready." to stderr when all threads run and all queues are consumed.

Signals:
  TERM, INT  warm shutdown: running tasks end, the others go back to their queues
  once more  cold shutdown: running tasks go back too (QUIT does so at once)
  once more  ends the process at once, by SIGKILL

Exit codes:
  0   after TERM and a warm shutdown
  1   after INT, a cold shutdown or a failure
  2   the command line cannot be read
  64  no such app, or a wrong setting
  69  broker or result backend not reached
  73  the pid file belongs to a worker that runs

Every option is read from the environment, too: --time-limit is CELERY_WORKER_TIME_LIMIT.
Words behind the options are settings: task_acks_late=false, worker.prefetch_multiplier=1,
.concurrency=4, result_expires=(int)60.`;

export const CALL = `
Examples:
  celeriac -A tasks.ts call shop.add -a '[2,3]'
  celeriac -A tasks.ts call shop.add -a '[2,3]' --wait --timeout 10
  celeriac -b sqlite://./queue.db call shop.resize -k '{"path":"a.png"}' --countdown 60
${EXIT_CODES}`;

export const RESULT = `
Examples:
  celeriac -A tasks.ts result 5f0c6a52-9b7c-4c5e-8d2f-1f2e3d4c5b6a --timeout 10
  celeriac -A tasks.ts result 5f0c6a52-9b7c-4c5e-8d2f-1f2e3d4c5b6a --traceback
${EXIT_CODES}`;

export const PURGE = `
Messages that a worker has in hand stay. Without a terminal to ask at, -f is needed.

Examples:
  celeriac -A tasks.ts purge
  celeriac -A tasks.ts purge -f -Q celery,images
${EXIT_CODES}`;

export const REPORT = `
The source is a file, the program, a variable of the environment, the command line, another
setting, or the default of the profile: safe, or compat, which is Celery's.

Examples:
  celeriac -A tasks.ts report
  celeriac -A tasks.ts report --json
${EXIT_CODES}`;

export const QUEUES = `
Ready messages may be taken now, unacked ones are with a worker, delayed ones are not due yet, dead
ones could not be run. With --peek a second table shows the oldest of each.

Examples:
  celeriac -A tasks.ts queues
  celeriac -A tasks.ts queues -Q celery --peek 10
  celeriac -A tasks.ts queues --json
${EXIT_CODES}`;

export const DEAD = `
A message becomes a dead letter when it cannot be read, names a task that the worker does not
have, has a content type that it does not accept, is rejected, or has lost its worker too often.

redrive and discard want ids, a filter or --all. A letter that goes back counts in its header
celeriac-redrives. discard asks first; without a terminal to ask at, -f is needed.

Examples:
  celeriac -A tasks.ts dead list -Q celery --task 'shop.*'
  celeriac -A tasks.ts dead show 5f0c6a52-9b7c-4c5e-8d2f-1f2e3d4c5b6a
  celeriac -A tasks.ts dead redrive --reason unknown-task --dry-run
  celeriac -A tasks.ts dead redrive 5f0c6a52-9b7c-4c5e-8d2f-1f2e3d4c5b6a
  celeriac -A tasks.ts dead discard --before 2030-01-31T00:00:00Z -f
${EXIT_CODES}`;
