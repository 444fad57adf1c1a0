/**
 * Lint: typescript-eslint's strictest set, the sizes of the house, and the words that may be used in one file only.
 * Layout belongs to Prettier, import directions to .dependency-cruiser.cjs, dead code to knip. What is switched off has
 * its reason beside it; inline switches are refused, so this file is the whole truth.
 */
import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const clockSays = 'Time enters the core through core/kernel/clock.ts, injected: it must run in virtual time, too.';
const randomSays =
  'Chance enters the core through core/kernel/random.ts and ids.ts, injected: runs must be repeatable.';

const globalsOfTime = ['setTimeout', 'setInterval', 'setImmediate'].map((name) => ({ name, message: clockSays }));

const globalsOfNode = ['process', 'console', 'performance', 'AbortSignal', 'Buffer', 'URL'];

const enumeration = {
  selector: 'TSEnumDeclaration',
  message: 'Use an `as const` object and a type derived from it (style 3.4).',
};
const nestedImport = {
  selector: 'ImportExpression',
  message: 'Import at the top of the file: an import inside a function hides a direction (style 3.1).',
};

const atomics = {
  name: 'Atomics',
  message:
    'Shared words are touched through pools/ring/memory.ts only: elsewhere no exploration of interleavings sees it.',
};

const frontDoor = {
  regex: '(^|/)(index|public)\\.js$',
  message: 'Import the file that has the noun: a front door is for users of the package (style 3.1).',
};
const looseAssert = { name: 'node:assert', message: 'Use node:assert/strict.' };

export default defineConfig(
  globalIgnores(['dist/', 'dist-*/', 'coverage/', 'test/fixtures/', '**/node_modules/']),
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: { globals: Object.fromEntries(globalsOfNode.map((name) => [name, 'readonly'])) },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: { globals: { require: 'readonly', module: 'writable', __dirname: 'readonly' } },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'max-lines': ['error', { max: 500 }],
      'max-lines-per-function': ['error', { max: 60 }],
      // Three positions, then an object of options.
      '@typescript-eslint/max-params': ['error', { max: 4 }],
      // `??` and `?.` count as branches here, so that a function of ten defaults is at half of it.
      complexity: ['error', { max: 20 }],
      'no-restricted-imports': ['error', { patterns: [frontDoor], paths: [looseAssert] }],
      'no-restricted-syntax': ['error', enumeration, nestedImport],
      'no-restricted-globals': ['error', atomics],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-floating-promises': [
        'error',
        // The runner itself awaits what these return.
        { allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: ['describe', 'it', 'test'] }] },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      // `const { secret: _secret, ...rest } = all` is the plain way to leave a property out.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      // Wrong each time it spoke: the compiler believes what it knew of a field across calls and awaits (a second look at
      // `#isClosed` after an await is the point), and that JSON.stringify never answers undefined.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // What is handed on as it came need not be an Error; what we make ourselves is one.
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
      // A number in a message needs no String() around it; `any`, null and objects stay errors.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  {
    files: ['core/**/*.ts'],
    // The one place where the system's time and chance come in.
    ignores: ['core/kernel/clock.ts', 'core/kernel/random.ts'],
    rules: {
      'no-restricted-globals': ['error', atomics, ...globalsOfTime],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: clockSays },
        { object: 'Math', property: 'random', message: randomSays },
        { object: 'crypto', property: 'randomUUID', message: randomSays },
      ],
      'no-restricted-imports': [
        'error',
        {
          patterns: [frontDoor],
          paths: [
            looseAssert,
            { name: 'node:crypto', importNames: ['randomUUID', 'randomBytes', 'randomInt'], message: randomSays },
            { name: 'node:timers', message: clockSays },
            { name: 'node:timers/promises', message: clockSays },
          ],
        },
      ],
    },
  },
  {
    files: [
      // The façade itself.
      'pools/ring/memory.ts',
      // Blocks its own I/O thread on a word that nobody else knows: a pause, not a message.
      'clients/sqlite/connection.ts',
      // Likewise: stops its own thread, armed by tests alone.
      'core/kernel/failpoint.ts',
      // Two words, one writer each, at the end of the process only: drawn and tested in place.
      'clients/sqlite/exit-gate.ts',
      // Tests play the other side of a ring, and hold threads at a gate.
      'test/**/*.ts',
    ],
    rules: { 'no-restricted-globals': 'off' },
  },
  {
    // An index that was just checked against the length, in loops that run for each byte or word (style 3.6).
    files: ['pools/ring/**/*.ts', 'pools/codec/**/*.ts', 'core/protocol/**/*.ts', 'clients/*/packed-rows.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    // An options object for each record would be garbage for each record (style 3.11).
    files: ['pools/**/*.ts', 'core/task/**/*.ts', 'core/protocol/**/*.ts'],
    rules: { '@typescript-eslint/max-params': ['error', { max: 5 }] },
  },
  {
    // `typeof import()` types what is loaded lazily there, and is a direction that dependency-cruiser sees.
    files: ['core/loader/**/*.ts'],
    rules: { '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }] },
  },
  {
    // A user's tsconfig.json may still say `baseUrl`, deprecated or not; the loader has to honour it.
    files: ['core/loader/project-options.ts'],
    rules: { '@typescript-eslint/no-deprecated': 'off' },
  },
  {
    files: [
      // Adapters by URL scheme: nobody pays for a broker that is not used.
      'core/app/adapters.ts',
      // The user's modules and the programs of members are named by URL; the compiler (0.3 s) and the resolver (15 ms)
      // are loaded by the first source that needs them.
      'core/loader/**/*.ts',
      'pools/{thread,process}/member/**/*.ts',
      // The command line loads what a command needs when it is given: start to first task counts (design §7).
      'cli/**/*.ts',
      // One case runs at a time, and a peer may be missing.
      'bench/**/*.ts',
      'test/**/*.ts',
    ],
    rules: { 'no-restricted-syntax': ['error', enumeration] },
  },
  {
    // Programs of benchmarks and tests are users: they come in by the front door.
    files: ['bench/**/*.ts', 'test/**/*.ts', 'examples/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: [looseAssert] }] },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // A suite is one function by the runner's design, and grows with its cases; files stay within 500 lines.
      'max-lines-per-function': 'off',
      // `assert.throws(() => ring.commit())` reads better without braces.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Codecs keep holes.
      'no-sparse-arrays': 'off',
    },
  },
);
