import { demonstrationNumber } from '@yuzhi/protocol/patent-number';
import { makeUscc } from '@yuzhi/protocol/uscc';
import type { Desk } from './desk.ts';
import { type Patent, putOnRegister } from './patent.ts';
import { NewFiling, NewPatent, type Party } from './wire.ts';
import type { z } from 'zod';

export const owner: Party = { party: makeUscc(1), name: '（演示）洛阳某某机械有限公司' };
export const coOwner: Party = { party: makeUscc(2), name: '（演示）豫西某某大学' };
export const buyer: Party = { party: makeUscc(3), name: '（演示）郑州某某装备有限公司' };
export const bank: Party = { party: makeUscc(4), name: '（演示）河南某某银行' };
const inventor = { personId: '00000000-0000-8000-a000-000000000001', name: '淮明远' };
export const HASH = 'ab'.repeat(32);

/** An invention filed on 2021-03-10 and granted on 2023-02-01: in year 6, due on 2026-03-10, which is paid. */
export const newPatent = (over: Partial<z.input<typeof NewPatent>> = {}): NewPatent =>
  NewPatent.parse({
    number: demonstrationNumber(2021, 'invention', 1),
    title: { zh: '一种球磨机用行星减速器', en: 'Ball mill planetary reducer' },
    abstract: { zh: '本发明公开了一种减速器。', en: 'A reducer.' },
    ipc: ['F16H1/28'],
    locarno: [],
    filingDate: '2021-03-10',
    grantDate: '2023-02-01',
    owners: [owner],
    inventors: [inventor],
    annuity: { paidThroughYear: 6, ownerPays: true },
    ...over,
  });

/** The same, on the register since 2026-06-01. */
export const patent = (over: Partial<z.input<typeof NewPatent>> = {}): Patent => ({
  ...putOnRegister(newPatent(over), '2026-06-01').patent,
  version: 1,
});

const filed = {
  reference: 'deal-1',
  number: demonstrationNumber(2021, 'invention', 1),
  contractSha256: HASH,
  from: [owner],
};
export const transfer = (over: object = {}): NewFiling =>
  NewFiling.parse({ kind: 'transfer', ...filed, to: [buyer], ...over });
export const licence = (over: object = {}): NewFiling =>
  NewFiling.parse({ kind: 'licence', ...filed, to: [buyer], licenceKind: 'ordinary', until: '2030-12-31', ...over });
export const pledge = (over: object = {}): NewFiling =>
  NewFiling.parse({ kind: 'pledge', ...filed, to: [bank], ...over });
export const cancellation = (over: object = {}): NewFiling =>
  NewFiling.parse({ kind: 'cancellation', ...filed, encumbranceId: 'E1', ...over });

export const desk = (today: string, patents: Patent[] = []): Desk => ({
  today,
  delayDays: 5,
  seq: patents.length,
  filingCount: 0,
  patents: new Map(patents.map((p) => [p.number, p])),
  filings: new Map(),
  changes: [],
});
