/**
 * Who may import whom (design.md §2): downwards only, types included. `npm run imports` holds it; the test
 * test/unit/scripts/import-directions.test.ts plants offences and sees each rule bite. A new room is one line in
 * `rooms`, a new package one line in `packageOwners`. `bench`, `test` and `scripts` may import everything.
 */

/** Room → the rooms below it. What is not listed here for a room, it may not import. */
const rooms = {
  'core/kernel': [],
  'core/ports': ['core/kernel'],
  'core/loader': ['core/ports', 'core/kernel'],
  'core/metrics': ['core/ports', 'core/kernel'],
  'core/settings': ['core/loader', 'core/ports', 'core/kernel'],
  'core/protocol': ['core/loader', 'core/ports', 'core/kernel'],
  'core/task': ['core/protocol', 'core/settings', 'core/loader', 'core/metrics', 'core/ports', 'core/kernel'],
};
const belowApp = ['core/task', ...rooms['core/task']];
const sideRooms = ['core/canvas', 'core/events', 'core/control', 'core/security'];
for (const room of sideRooms) rooms[room] = belowApp;
rooms['core/app'] = [...sideRooms, ...belowApp];
rooms['core/worker'] = ['core/app', ...rooms['core/app']];
rooms['core/beat'] = rooms['core/worker'];
for (const room of ['monitor', 'testing']) rooms[room] = ['core'];
// `worker --http` serves what monitor/ makes of it.
rooms.cli = ['monitor', 'core'];

const wire = ['core/ports', 'core/kernel', 'core/protocol'];
rooms.clients = wire;
rooms.transports = [...wire, 'clients'];
rooms.backends = [...wire, 'clients'];
rooms.pools = [...wire, 'core/loader', 'core/metrics', 'native'];
rooms.native = [];

/** Package → the one folder that imports it, so that replacing it is the work of one folder. */
const packageOwners = {
  '@napi-rs/lzma': 'core/protocol',
  commander: 'cli',
  fzstd: 'core/protocol',
  'import-meta-resolve': 'core/loader',
  libsql: 'clients/sqlite',
  msgpackr: 'core/protocol',
  pino: 'cli',
  'pino-pretty': 'cli',
  'seek-bzip': 'core/protocol',
  typescript: 'core/loader',
  yaml: '(core/protocol|core/settings)',
};

const everyRoom = '^(core|pools|clients|transports|backends|native|cli|monitor|testing|bench|test|examples|scripts)/';
const product = '^(core|pools|clients|transports|backends|native|cli|monitor|testing)/';
const within = (folders) => `^(${folders.join('|')})/`;
/** The one file that may import adapters. */
const adaptersFile = '^core/app/adapters\\.ts$';

const directions = Object.entries(rooms).map(([room, below]) => ({
  name: `directions-${room.replace('/', '-')}`,
  comment: `${room} imports ${below.length === 0 ? 'nothing of ours' : `only ${below.join(', ')}`} (design.md §2).`,
  severity: 'error',
  from: { path: `^${room}/`, pathNot: adaptersFile },
  to: { path: everyRoom, pathNot: within([room, ...below]) },
}));

const owners = Object.entries(packageOwners).map(([name, owner]) => ({
  name: `package-${name}`,
  comment: `Only ${owner} imports ${name}: a package has one owner, which speaks our words to everybody else.`,
  severity: 'error',
  from: { path: product, pathNot: `^${owner}/` },
  to: { path: `(^|/)node_modules/${name}/` },
}));

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'A knot of files cannot be understood, tested or moved one by one. Types are dependencies, too.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...directions,
    {
      name: 'adapters-file',
      comment: 'core/app/adapters.ts loads adapters by URL scheme, with import(): whoever uses none pays for none.',
      severity: 'error',
      from: { path: adaptersFile },
      to: { path: within(['transports', 'backends', 'pools', 'clients']), dynamic: false },
    },
    {
      name: 'adapters-file-looks-down',
      comment: 'Beside adapters, core/app/adapters.ts imports what its room may.',
      severity: 'error',
      from: { path: adaptersFile },
      to: {
        path: everyRoom,
        pathNot: within(['core/app', ...rooms['core/app'], 'transports', 'backends', 'pools']),
      },
    },
    {
      name: 'adapters-know-no-sibling',
      comment: 'What two adapters share belongs to clients/, transports/virtual/ or a port.',
      severity: 'error',
      from: { path: '^(transports|backends)/([^/]+)/' },
      to: { path: '^(transports|backends)/', pathNot: ['^$1/$2/', '^transports/virtual/'] },
    },
    {
      name: 'clients-know-no-sibling',
      comment: 'One folder for each client library; a program that uses one broker loads one.',
      severity: 'error',
      from: { path: '^clients/([^/]+)/' },
      to: { path: '^clients/', pathNot: '^clients/$1/' },
    },
    {
      name: 'pools-know-no-sibling',
      comment: 'Kinds of pool share ring/ and codec/, and meet in the port only.',
      severity: 'error',
      from: { path: '^pools/(thread|process|solo|piscina)/' },
      to: { path: '^pools/(thread|process|solo|piscina)/', pathNot: '^pools/$1/' },
    },
    {
      name: 'rings-are-the-bottom-of-pools',
      comment: 'A ring knows records, not what they mean: so it can be explored alone.',
      severity: 'error',
      from: { path: '^pools/(ring|codec)/' },
      to: { path: '^(core|pools)/', pathNot: ['^core/kernel/', '^pools/$1/'] },
    },
    {
      name: 'members-own-only-cpu',
      comment: 'What runs inside a member never reaches worker, transports, backends or clients, by whatever way.',
      severity: 'error',
      from: { path: ['^pools/[^/]+/member/', '^core/task/'] },
      to: { path: within(['core/worker', 'transports', 'backends', 'clients']), reachable: true },
    },
    {
      name: 'kernel-without-io',
      comment: 'The kernel computes; sockets, files, processes and threads are for those who use it.',
      severity: 'error',
      from: { path: '^core/kernel/' },
      to: {
        dependencyTypes: ['core'],
        path: '^(node:)?(net|tls|dgram|dns|https?|http2|fs|child_process|cluster|worker_threads)(/|$)',
      },
    },
    {
      name: 'kernel-without-packages',
      comment: 'The kernel is what everything stands on; it stands on nothing.',
      severity: 'error',
      from: { path: '^core/(kernel|ports)/' },
      to: { path: '(^|/)node_modules/', pathNot: '(^|/)node_modules/@types/node/' },
    },
    {
      name: 'errors-import-nothing',
      comment:
        'Everybody imports core/kernel/errors.ts; one type that it borrows would tie knots everywhere (style 3.1).',
      severity: 'error',
      from: { path: '^core/kernel/errors\\.ts$' },
      to: {},
    },
    ...owners,
    {
      name: 'packages-have-an-owner',
      comment:
        'A package comes with a line in packageOwners here and a paragraph in docs/decisions/0002-dependencies.md.',
      severity: 'error',
      from: { path: product },
      to: {
        path: '(^|/)node_modules/',
        pathNot: [
          ...Object.keys(packageOwners).map((name) => `(^|/)node_modules/${name}/`),
          '(^|/)node_modules/@types/node/',
        ],
      },
    },
    {
      name: 'no-front-doors',
      comment: 'public.ts is for users of the package. Inside, import the file that has the noun (style 2.3).',
      severity: 'error',
      from: { path: product },
      to: { path: '/public\\.ts$' },
    },
    {
      name: 'everything-resolves',
      comment: 'An import that this check cannot follow is one that it cannot judge.',
      severity: 'error',
      // The bin imports what a build has yet to make.
      from: { pathNot: ['^bench/compare/', '^cli/bin\\.cjs$'] },
      to: { couldNotResolve: true, pathNot: '^celeriac(/|$)' },
    },
  ],
  options: {
    // Type-only imports count: they tie knots like any other.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^dist', '(^|/)test/fixtures/', '^bench/compare/node_modules/'] },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'types'] },
  },
};
