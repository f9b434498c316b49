import { describe, expect, it } from '@jest/globals';
import { registerOrganisation } from './identity.ts';
import { RegisterEntry } from './register.ts';
import { sample } from './sample.ts';
import { line, lineOfRecord, text } from './scalars.ts';
import type { z } from 'zod';

const takes = (schema: z.ZodType, said: string) => schema.safeParse(said).success;

const UNSEEN = {
  'a zero-width space': '\u200b',
  'a joiner': '\u200d',
  'a soft hyphen': '\u00ad',
  'a byte-order mark': '\ufeff',
  'a right-to-left override': '\u202e',
  'an isolate': '\u2066',
  'a C1 control': '\u0085',
  'a separator of lines': '\u2028',
  'a newline': '\n',
  'a tab': '\t',
};

describe('a line', () => {
  it.each(Object.entries(UNSEEN))('has no %s in it', (_, unseen) => {
    expect(takes(line(20), `中州${unseen}大学`)).toBe(false);
  });

  it('is trimmed and not blank, and has all that is written in one', () => {
    expect(line(40).parse(' Zhōngzhōu “Láb”·№ 7（演示）🧪\n')).toBe('Zhōngzhōu “Láb”·№ 7（演示）🧪');
    expect([takes(line(5), '  '), takes(line(5), '一二三四五六'), takes(line(5), '\ud800')]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('is what an organisation says of itself', () => {
    const said = sample(registerOrganisation.data) as object;
    for (const field of ['name', 'nameEn', 'address', 'legalRepresentative']) {
      expect(registerOrganisation.data.safeParse({ ...said, [field]: '中州\u200b大学' }).success).toBe(false);
    }
  });
});

describe('text in lines', () => {
  it('has ends of lines and tabs, and no other controls', () => {
    expect(text(20).parse('一\n\t二\r\n')).toBe('一\n\t二');
    for (const control of ['\u0000', '\u001b', '\u007f', '\u0085', '\u009f']) {
      expect(takes(text(20), `一${control}二`)).toBe(false);
    }
  });
});

describe('a line of a record', () => {
  it('is taken without what cannot be seen of it', () => {
    expect(lineOfRecord(40).parse('\u200b 一种\u00ad主轴\u202e A\nspindle\u2028')).toBe('一种主轴 A spindle');
    expect(takes(lineOfRecord(40), '\u200b')).toBe(false);
  });

  it('is what the register says of a patent, so that a contract can always be drafted of it', () => {
    const said = sample(RegisterEntry) as { encumbrances: object[] };
    const title = { zh: '一种\u200b主轴', en: 'A spindle\u0085' };
    const encumbrances = said.encumbrances.map((one) => ({ ...one, holder: '汴京\u202e新材' }));
    const entry = RegisterEntry.parse({ ...said, title, encumbrances });
    expect(entry.title).toEqual({ zh: '一种主轴', en: 'A spindle' });
    expect(entry.encumbrances[0]!.holder).toBe('汴京新材');
  });
});
