import { acting, type Asker, Stage } from '@yuzhi/chassis/stage.fixture';
import type { Principal } from '@yuzhi/protocol/declare';
import { memberships, organisations, people } from '@yuzhi/protocol/identity';
import { rules } from '@yuzhi/protocol/oversight';
import { testDatabase } from '@yuzhi/testkit/databases';
import { randomUUID } from 'node:crypto';
import { ContractsModule } from './contracts.module.ts';
import { ruleRows } from './domain/rules.fixture.ts';

export const SELLER = '12100000400000624D';
export const BUYER = '91350100M000100Y43';
export const STRANGER = '914403001922038216';
export const DESK = '91110000802100433B';
const SIGNERS: Record<string, string> = Object.fromEntries(
  [SELLER, BUYER, STRANGER, DESK].map((party) => [party, randomUUID()]),
);
const NAMES: Record<string, string> = {
  [SELLER]: '演示数据·中原材料大学',
  [BUYER]: '演示数据·嵩山精密制造有限公司',
  [STRANGER]: '演示数据·无关有限公司',
  [DESK]: '演示数据·豫知平台',
};

/** The person who signs for an organisation, or a natural person for himself. */
export const signatory = (party: string): Principal => acting(party, SIGNERS[party] ?? party, 'signatory');
/** The same person when he reads. */
export const as = (party: string): Asker =>
  SIGNERS[party] ? { person: SIGNERS[party], organisation: party } : { person: party };

/** An organisation, its signatory, and his membership. */
function settle(stage: Stage, party: string, person: string): void {
  const named = { name: NAMES[party]!, nameEn: party, kind: 'firm' as const, region: '410100' };
  const organisation = { uscc: party, ...named, address: '河南省郑州市', legalRepresentative: '张明远' };
  stage.keep(organisations, party, { ...organisation, verified: true });
  stage.keep(people, person, { person, name: `签署人${party.slice(-2)}` });
  const roles = party === DESK ? ['desk' as const] : ['signatory' as const];
  stage.keep(memberships, `${person}/${party}`, { person, organisation: party, roles, verified: true });
}

/** The contracts service, with the rules, the calendar and the people that its deals need. */
export const openStage = async (): Promise<Stage> =>
  Stage.open({
    service: 'contracts',
    database: await testDatabase('contracts'),
    module: (config) => ContractsModule.with({ ...config, signingKeySecret: 'secret of signing keys in a test' }),
    prepare(stage) {
      for (const row of ruleRows()) stage.keep(rules, row.id, row);
      for (const year of [2026, 2027, 2028]) stage.year(year);
      for (const [party, person] of Object.entries(SIGNERS)) settle(stage, party, person);
    },
  });
