import preset from '../jest.preset.mjs';

/** Against a platform that is already running: see `journeys.config.ts` for what a journey is told. */
export default {
  ...preset,
  rootDir: '..',
  testMatch: ['<rootDir>/journeys/**/*.spec.ts'],
  // Only processes can be killed.
  testPathIgnorePatterns: process.env['YUZHI_SHAPE'] === 'processes' ? [] : ['crash.spec.ts'],
  setupFilesAfterEnv: ['<rootDir>/journeys/src/reached.setup.ts'],
  testTimeout: 120_000,
};
