import { describe, expect, it } from '@jest/globals';
import { readConfig } from './config.ts';

describe('the configuration', () => {
  it('needs only a database', () => {
    const databaseUrl = 'postgresql://postgres@127.0.0.1:5432/sandbox';
    expect(readConfig({ DATABASE_URL: databaseUrl })).toEqual({
      DATABASE_URL: databaseUrl,
      PORT: 12_111,
      HOST: '127.0.0.1',
    });
  });

  it('names everything that is wrong with it at once', () => {
    const wrong = { DATABASE_URL: 'mysql://x', PORT: '70000', PUBLIC_URL: 'nowhere' };
    expect(() => readConfig(wrong)).toThrow(/DATABASE_URL[^]*PORT[^]*PUBLIC_URL|PORT[^]*DATABASE_URL/);
  });
});
