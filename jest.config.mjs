import preset from './jest.preset.mjs';

export default {
  ...preset,
  testMatch: ['<rootDir>/{libs,services,gateway,tools,deploy,loadtests}/**/*.spec.ts'],
  // Whole starts have a configuration of their own.
  testPathIgnorePatterns: ['/deploy/local/src/launch/'],
  testTimeout: 30_000,
  // Many suites wait for servers. One worker keeps the modules of every suite it ran: it is replaced in time.
  maxWorkers: 3,
  workerIdleMemoryLimit: '700MB',
};
