import preset from '../../jest.preset.mjs';

/** Whole starts as a user runs them, with servers of their own. */
export default {
  ...preset,
  rootDir: '../..',
  testMatch: ['<rootDir>/deploy/local/src/launch/*.spec.ts'],
  // The issuer of the tests says at length that it is none for earnest use.
  silent: true,
  testTimeout: 300_000,
};
