import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestDatabase, testDatabase } from '@yuzhi/testkit/databases';
import { SigningKeys } from './signing-keys.ts';

const SECRET = 'secret of signing keys in a test';
const material = (of: string) => ({ privateKeyPem: `PRIVATE KEY of ${of}`, certificatePem: `CERTIFICATE of ${of}` });

describe('signing keys at rest', () => {
  let database: TestDatabase;
  let keys: SigningKeys;
  beforeAll(async () => {
    database = await testDatabase('contracts');
    keys = new SigningKeys(database.side, SECRET);
  });
  afterAll(async () => {
    await database.close();
  });

  it('are read back as they were kept, also by another process with the same secret', async () => {
    expect(await keys.load('authority')).toBeNull();
    expect(await keys.keep('authority', material('authority'))).toEqual(material('authority'));
    expect(await new SigningKeys(database.side, SECRET).load('authority')).toEqual(material('authority'));
  });

  it('stay what they are: of two first uses at once one wins, and both get that one', async () => {
    const kept = await Promise.all(['a', 'b', 'c'].map((of) => keys.keep('raced', material(of))));
    expect(new Set(kept.map((one) => one.privateKeyPem)).size).toBe(1);
    expect(await keys.keep('raced', material('later'))).toEqual(kept[0]);
  });

  it('cannot be read in the database, and look different each time', async () => {
    await keys.keep('one', material('same'));
    await keys.keep('two', material('same'));
    const { rows } = await database.owner.query<{ material: Buffer }>('select material from signing_key');
    for (const row of rows) expect(row.material.toString('latin1')).not.toContain('KEY');
    expect(new Set(rows.map((row) => row.material.toString('hex'))).size).toBe(rows.length);
  });

  it('cannot be read with another secret', async () => {
    await keys.keep('mine', material('mine'));
    const other = new SigningKeys(database.side, `${SECRET}!`);
    await expect(other.load('mine')).rejects.toThrow('unable to authenticate data');
  });

  it('are not read where the row was altered, cut short or moved to another name', async () => {
    const alter = (name: string, expression: string) =>
      database.owner.query(
        `insert into signing_key (name, material) select $1, ${expression} from signing_key where name = 'authority'`,
        [name],
      );
    await alter('moved', 'material');
    await alter('flipped', `set_byte(material, 40, get_byte(material, 40) # 1)`);
    await alter('cut', 'substr(material, 1, 60)');
    for (const name of ['moved', 'flipped', 'cut']) {
      await expect(keys.load(name)).rejects.toThrow('unable to authenticate data');
    }
  });
});
