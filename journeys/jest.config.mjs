import preset from '../jest.preset.mjs';

/** Against a platform that is already running: see `journeys.config.ts` for what a journey is told. */
export default {
  ...preset,
  rootDir: '..',
  testMatch: ['<rootDir>/journeys/**/*.spec.ts'],
  // Both shapes tell the story. Only processes can be killed; how it may fail besides is the same in either, and is
  // divided between them, for both run at once.
  testPathIgnorePatterns:
    process.env['YUZHI_SHAPE'] === 'processes'
      ? ['bad-input', 'obstacles', 'rail-trouble']
      : ['crash', 'refusals-', 'stuck-listing'],
  setupFilesAfterEnv: ['<rootDir>/journeys/src/reached.setup.ts'],
  testTimeout: 120_000,
  // One after the other. The worker keeps the modules of every suite it ran: it is replaced in time.
  maxWorkers: 1,
  workerIdleMemoryLimit: '400MB',
};
