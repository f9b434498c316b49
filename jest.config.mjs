import preset from './jest.preset.mjs';

export default {
  ...preset,
  testMatch: ['<rootDir>/{libs,services,gateway,tools,deploy}/**/*.spec.ts'],
  testTimeout: 30_000,
};
