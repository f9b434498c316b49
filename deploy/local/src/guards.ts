/** Each guard is one command from the root, and counts as one test. */
export const GUARDS: { name: string; command: string[] }[] = [
  { name: 'format', command: ['prettier', '--check', '--cache', '--log-level=warn', '.'] },
  { name: 'lint', command: ['oxlint', '--type-aware'] },
  {
    name: 'architecture',
    command: [
      'depcruise',
      '--output-type',
      'err-long',
      'libs',
      'services',
      'gateway',
      'tools',
      'deploy',
      'journeys',
      'loadtests',
    ],
  },
  { name: 'types of specs', command: ['tsc', '-p', 'tsconfig.spec.json', '--checkers', '1'] },
  { name: 'tidy', command: ['node', 'tools/tidy.mjs'] },
  { name: 'documents', command: ['node', 'tools/docs.mjs', '--check'] },
  { name: 'OpenAPI', command: ['redocly', 'lint', 'docs/openapi.json'] },
  { name: 'dead code', command: ['knip', '--no-progress', '--no-config-hints'] },
];
