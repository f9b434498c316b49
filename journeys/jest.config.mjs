import preset from '../jest.preset.mjs';

/** Against a platform that is already running: see `journeys.config.ts` for what a journey is told. */
export default {
  ...preset,
  rootDir: '..',
  testMatch: ['<rootDir>/journeys/**/*.spec.ts'],
  // Processes are what is deployed, and what can be killed. All in one tells the story again, not how it may fail.
  testPathIgnorePatterns:
    process.env['YUZHI_SHAPE'] === 'processes' ? [] : ['crash', 'obstacles', 'refusals-', 'bad-input', 'rail-trouble'],
  setupFilesAfterEnv: ['<rootDir>/journeys/src/reached.setup.ts'],
  testTimeout: 120_000,
};
