import { expect, test } from '@jest/globals';
import { patentOfficeConfig } from './patent-office.config.ts';

const PATENT_OFFICE_DATABASE_URL = 'postgresql://office@127.0.0.1/office';

test('the environment names the database and may name the port', () => {
  const databaseUrl = PATENT_OFFICE_DATABASE_URL;
  expect(patentOfficeConfig({ PATENT_OFFICE_DATABASE_URL })).toEqual({ databaseUrl, port: 4100 });
  expect(patentOfficeConfig({ PATENT_OFFICE_DATABASE_URL, PATENT_OFFICE_PORT: '0' })).toEqual({ databaseUrl, port: 0 });
});

test('everything that is wrong is said at once', () => {
  const both = /(PATENT_OFFICE_DATABASE_URL[^]*PATENT_OFFICE_PORT)/;
  expect(() => patentOfficeConfig({ PATENT_OFFICE_PORT: 'many' })).toThrow(both);
  expect(() => patentOfficeConfig({ PATENT_OFFICE_DATABASE_URL: 'http://127.0.0.1' })).toThrow(/DATABASE_URL/);
});
