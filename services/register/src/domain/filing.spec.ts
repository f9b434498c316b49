import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DAY_MS, filingData, NOW, type Said, said } from '../register.fixture.ts';
import { checked, type Filing, filingProcess, opened, recorded } from './filing.ts';

const DUE = NOW + 10 * DAY_MS;
const NEXT = NOW + DAY_MS;
const intended = opened(filingData(), NOW, { dueAt: DUE, rulebookVersion: '2026.1' });
const after = (filing: Filing, answer: Said): Filing => {
  const next = recorded(filing, answer, NEXT);
  if (!next) throw new Error(`${answer.state} does not fit ${filing.state}`);
  return next;
};

describe('a filing', () => {
  it('begins as our intention, with the day by which the office should have decided', () => {
    expect(intended).toMatchObject({
      ...filingData(),
      state: 'opened',
      dueAt: DUE,
      checking: false,
      checks: 0,
      version: 1,
    });
    expect(intended.deadlineAt).toBe(DUE);
  });

  it('is asked after again and again once the office has accepted it', () => {
    const accepted = after(intended, said('accepted'));
    expect(accepted).toMatchObject({ state: 'accepted', officeReference: 'DEMO-1', deadlineAt: NEXT, version: 2 });
    const asked = checked(accepted, NEXT);
    expect(asked).toMatchObject({ checking: true, checks: 1, deadlineAt: null, version: 3 });
    const still = after(asked, said('accepted'));
    expect(still).toMatchObject({ state: 'accepted', checking: false, checks: 1, deadlineAt: NEXT, version: 4 });
    expect(checked(still, NEXT).checks).toBe(2);
    expect([checked(still, DUE - 1), checked(still, DUE)].map(({ overdue }) => overdue)).toEqual([false, true]);
    expect(checked(intended, DUE)).toMatchObject({ state: 'opened', overdue: true, checking: false, checks: 0 });
  });

  it('ends with its notice', () => {
    const examined = after(after(intended, said('accepted')), said('examined'));
    const notice = { registeredOn: '2026-12-08', noticeNumber: 'N-1' };
    const registered = after(examined, said('registered', notice));
    expect(registered).toMatchObject({ state: 'registered', ...notice, deadlineAt: null, checking: false });
  });

  it.each(['defective', 'refused'] as const)('ends with its reason when it is %s', (state) => {
    const ended = after(after(intended, said('accepted')), said(state, { reason: '受让人名称不符' }));
    expect(ended).toMatchObject({ state, reason: '受让人名称不符', deadlineAt: null });
  });

  it.each(['examined', 'registered', 'defective', 'refused'] as const)(
    'may be %s by the time we hear of it first: an answer of the office was lost, or it was quick',
    (state) => expect(after(intended, said(state))).toMatchObject({ state, officeReference: 'DEMO-1' }),
  );

  it('does not go back', () => {
    const examined = after(intended, said('examined'));
    expect(recorded(examined, said('accepted'), NEXT)).toBeUndefined();
  });

  it('knows every state that the office knows, and one before', () => {
    expect([...filingProcess.states].toSorted()).toEqual(
      ['opened', 'accepted', 'examined', 'registered', 'defective', 'refused'].toSorted(),
    );
    expect(filingProcess.states.filter((state) => filingProcess.isFinal(state))).toEqual([
      'registered',
      'defective',
      'refused',
    ]);
  });

  it('once ended stays as it is, whatever else is said and however often', () => {
    const answer = fc
      .constantFrom<Said['state'][]>('accepted', 'examined', 'registered', 'defective', 'refused')
      .map((state) => said(state));
    fc.assert(
      fc.property(fc.array(answer, { maxLength: 20 }), (answers) => {
        let filing = intended;
        for (const one of answers) {
          const next = recorded(filing, one, NEXT);
          expect(filingProcess.isFinal(filing.state) && next !== undefined).toBe(false);
          if (!next) continue;
          expect(next).toMatchObject({ state: one.state, checking: false, version: filing.version + 1 });
          expect(next.deadlineAt === null).toBe(filingProcess.isFinal(next.state));
          filing = next;
        }
        const decided = answers.find(({ state }) => filingProcess.isFinal(state));
        expect(filing.state).toBe(decided?.state ?? filing.state);
      }),
    );
  });
});
