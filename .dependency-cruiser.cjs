/**
 * The floors of docs/ARCHITECTURE.md as rules: an import goes down only. From the ground up; rooms that share a floor
 * do not know each other.
 */
const floors = [
  ['text', 'terminal'],
  ['events', 'config', 'ops'],
  ['state'],
  ['model'],
  ['onnx'],
  ['steering'],
  ['checkpoint'],
  ['ports'],
  ['recommend', 'adapters'],
  ['stream', 'api', 'console'],
  ['app'],
  ['app.module', 'tools'],
  ['main'],
];

/** `src/state/...` for a folder, `src/config.ts` for a file. */
const path = (rooms) => `^src/(${rooms.map((room) => room.replace('.', '\\.')).join('|')})(/|\\.ts$)`;
/** Tests may look anywhere. */
const tests = '(\\.test\\.ts$|^test/)';

/** Each room may import itself and the floors below: everything else of src/ is forbidden to it. */
const down = floors.flatMap((rooms, level) =>
  rooms.map((room) => {
    const others = [...rooms.filter((other) => other !== room), ...floors.slice(level + 1).flat()];
    return {
      name: `down-from-${room}`,
      severity: 'error',
      comment: `src/${room} imports its own files and the floors below, nothing else.`,
      from: { path: path([room]), pathNot: tests },
      to: { path: others.length > 0 ? path(others) : '^nothing-above$' },
    };
  }),
);

module.exports = {
  forbidden: [
    ...down,
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Two files that import each other are one file, or a missing third.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'src-not-offline',
      severity: 'error',
      comment: 'The service never needs what trains its model.',
      from: { path: '^src/', pathNot: tests },
      to: { path: '^offline/' },
    },
    {
      name: 'offline-not-online',
      severity: 'error',
      comment: 'offline imports nothing of stream, api and the application; the demo starts the service as a process.',
      from: { path: '^offline/', pathNot: tests },
      to: { path: '^src/(stream/|api/|console/|app(/|\\.module)|main)' },
    },
    {
      name: 'duckdb-offline',
      severity: 'error',
      comment: 'DuckDB is for datasets and imports: the service never loads it.',
      from: { path: '^src/' },
      to: { path: '@duckdb/' },
    },
    {
      name: 'adapters-behind-ports',
      severity: 'error',
      comment:
        'Who needs an adapter is given a port; only what wires the house, or prepares the native runtime, knows one.',
      from: {
        pathNot: `(^src/app\\.module\\.ts$|^src/tools/session\\.ts$|^offline/cli\\.ts$|^offline/demo(/|\\.ts$)|^offline/native/|^src/adapters/|${tests})`,
      },
      to: { path: '^src/adapters/' },
    },
    {
      name: 'no-tests-in-code',
      severity: 'error',
      comment: 'Code does not import tests or their builders.',
      from: { path: '^(src|offline)/', pathNot: '\\.test\\.ts$' },
      to: { path: tests },
    },
    {
      name: 'adapters-apart',
      severity: 'error',
      comment: 'One adapter does not know another.',
      from: { path: '^src/adapters/([^/]+)/', pathNot: tests },
      to: { path: '^src/adapters/', pathNot: '^src/adapters/$1/' },
    },
    {
      name: 'declared-dependencies',
      severity: 'error',
      comment: 'What the shipped code imports stands in the dependencies of package.json.',
      from: { path: '^(src|offline)/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'An import that leads nowhere.',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
