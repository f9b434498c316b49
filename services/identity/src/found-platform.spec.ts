import { describe, expect, it } from '@jest/globals';
import { personOf } from '@yuzhi/chassis/issuers';
import type { Reader } from '@yuzhi/database/store';
import type { Credentials } from './credentials.ts';
import { FoundPlatform } from './found-platform.ts';
import type { IdentityConfig } from './identity.config.ts';

const uscc = '91410100DEM000014P';
const config = {
  platformUscc: uscc,
  platformName: '豫知平台',
  platformNameEn: 'Yuzhi',
  platformRegion: '410100',
  platformAddress: '郑州市商务外环路 1 号',
  platformRepresentative: '郑知行',
  platformAdmin: 'admin',
  platformAdminPassword: 'ten letters',
};
function founding({ founded = false, taken = false, more = {} } = {}) {
  const reader = { query: async () => ({ rowCount: founded ? 1 : 0 }) } as unknown as Reader;
  const credentials = { keep: async () => !taken } as unknown as Credentials;
  return new FoundPlatform(reader, { ...config, ...more } as IdentityConfig, credentials);
}

describe('founding the platform', () => {
  it('is pending until its organisation is there', async () => {
    expect(await founding().pending()).toEqual([{ id: uscc, attempt: 0, task: uscc }]);
    expect(await founding({ founded: true }).pending()).toEqual([]);
  });

  it('says of the operator what its configuration says, and nothing of a demonstration', async () => {
    const [, organisation] = await founding().run(uscc);
    expect(organisation!.data).toEqual({
      uscc,
      name: '豫知平台',
      nameEn: 'Yuzhi',
      kind: 'platform',
      region: '410100',
      address: '郑州市商务外环路 1 号',
      legalRepresentative: '郑知行',
      administrator: expect.any(String),
    });
  });

  it('leads to the same person and organisation however often it is tried', async () => {
    const [first, second] = [await founding().run(uscc), await founding().run(uscc)];
    expect(second).toEqual(first);
    const [person, organisation] = first;
    expect(organisation).toMatchObject({ key: uscc, data: { kind: 'platform', administrator: person!.key } });
    expect(JSON.stringify(first)).not.toContain(config.platformAdminPassword);
  });

  it('keeps no password of an administrator who signs in at another issuer', async () => {
    const more = { issuerUrl: 'https://login.example', platformAdminSubject: 'operator' };
    const [person, organisation] = await founding({ taken: true, more }).run(uscc);
    expect(person!.key).toBe(personOf('https://login.example', 'operator'));
    expect(organisation).toMatchObject({ data: { administrator: person!.key } });
  });

  it('does not go on when somebody else has the login name: its administrator could never sign in', async () => {
    await expect(founding({ taken: true }).run(uscc)).rejects.toThrow("the login name admin is somebody else's");
  });
});
