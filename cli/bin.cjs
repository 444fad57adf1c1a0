#!/usr/bin/env node
/**
 * The bin of the package. CommonJS, and nothing before the first statement: libuv reads UV_THREADPOOL_SIZE when its
 * thread pool is first used, which loading an ES module already does, so from one the variable has no effect (measured,
 * design.md §2). Never respawns: the pid that was started is the worker.
 */
'use strict';

const { availableParallelism } = require('node:os');
const { enableCompileCache } = require('node:module');

// Members share this one pool with the host: with libuv's four threads, tasks that hash, compress or look up names on
// each core would hold up the host's own files and addresses for seconds. A thread that is not used costs nothing.
process.env.UV_THREADPOOL_SIZE ??= String(Math.max(4, availableParallelism()) + 4);

// Compiled code from the last start, where this Node can keep it (22.1 and later).
enableCompileCache?.();

import('../dist/cli/main.js');
