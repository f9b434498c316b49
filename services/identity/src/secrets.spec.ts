import { describe, expect, it } from '@jest/globals';
import { decrypt, encrypt, hashSecret, keyFor, secretMatches } from './secrets.ts';

describe('a kept secret', () => {
  it('matches itself and nothing else, however its characters were composed', async () => {
    const kept = await hashSecret('Pa\u0301ssword für 郑州');
    expect(await secretMatches('P\u00e1ssword für 郑州', kept)).toBe(true);
    expect(await secretMatches('Password für 郑州', kept)).toBe(false);
  });

  it('says nothing of itself, nor that two are the same', async () => {
    const [one, other] = await Promise.all([hashSecret('the same secret'), hashSecret('the same secret')]);
    expect(one).toMatch(/^scrypt\$[\w-]{22}\$[\w-]{43}$/);
    expect(one).not.toBe(other);
    expect(one + other).not.toContain('the same secret');
  });

  it('kept in a way that we do not know matches nothing', async () => {
    expect(await secretMatches('anything', 'md5$00$00')).toBe(false);
    expect(await secretMatches('anything', '')).toBe(false);
  });
});

describe('what is encrypted', () => {
  const key = keyFor('signing', 'a secret of thirty-two characters');

  it('is read with the same key of the same purpose only', () => {
    const sealed = encrypt('{"d":"private"}', key);
    expect(sealed).not.toContain('private');
    expect(decrypt(sealed, key)).toBe('{"d":"private"}');
    expect(() => decrypt(sealed, keyFor('cookies', 'a secret of thirty-two characters'))).toThrow(
      'unable to authenticate data',
    );
    expect(() => decrypt(sealed, keyFor('signing', 'another secret of thirty-two char'))).toThrow(
      'unable to authenticate data',
    );
  });

  it('is never the same twice, and is refused when a single bit was changed', () => {
    const sealed = encrypt('private', key);
    expect(encrypt('private', key)).not.toBe(sealed);
    const bytes = Buffer.from(sealed, 'base64url');
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      expect(() => decrypt(changed.toString('base64url'), key)).toThrow('unable to authenticate data');
    }
  });
});
