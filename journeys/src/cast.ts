import { makeUscc } from '@yuzhi/protocol/uscc';
import type { Client } from '@yuzhi/protocol/client';
import type { Firm, OrganisationDetails, Person, Stage } from './stage.ts';

/** Whose demonstrations these are: the password is printed beside the login names. */
export const DEMO_PASSWORD = 'yuzhi-demo-2026';

type Sketch = Pick<OrganisationDetails, 'name' | 'nameEn' | 'kind' | 'legalRepresentative'> & {
  serial: number;
  login: string;
};

export const UNIVERSITY: Sketch = {
  serial: 101,
  login: 'zhongzhou.university',
  name: '中州理工大学（演示）',
  nameEn: 'Zhongzhou University of Technology (demo)',
  kind: 'university',
  legalRepresentative: '郑知行',
};
export const FIRM_A: Sketch = {
  serial: 102,
  login: 'songyue.machinery',
  name: '河南嵩岳精密机械有限公司（演示）',
  nameEn: 'Henan Songyue Precision Machinery Co., Ltd. (demo)',
  kind: 'firm',
  legalRepresentative: '洛明远',
};
export const FIRM_B: Sketch = {
  serial: 103,
  login: 'panshi.superhard',
  name: '郑州磐石超硬材料有限公司（演示）',
  nameEn: 'Zhengzhou Panshi Superhard Materials Co., Ltd. (demo)',
  kind: 'firm',
  legalRepresentative: '淮思齐',
};
export const INVENTORS = [
  { name: '沁文博', login: 'inventor.qin' },
  { name: '颍若溪', login: 'inventor.ying' },
  { name: '汝致远', login: 'inventor.ru' },
] as const;
const STAFF = [
  { name: '郏审之', login: 'desk.clerk', role: 'desk' },
  { name: '虢守一', login: 'ops.engineer', role: 'ops' },
] as const;

/** Nobody else's login names: a platform may hold several casts. */
export interface Suffix {
  serial: number;
  login: string;
}
const NONE: Suffix = { serial: 0, login: '' };

/** A suffix at random, and the serial of the first of ten patents that go with it; says which. */
export function freshSuffix(): Suffix & { patent: number } {
  const n = Math.floor(Math.random() * 8_000);
  console.log(`cast no. ${n}`);
  return { serial: 200 + n * 10, login: `.${n}`, patent: 1_000 + n * 10 };
}

export const detailsOf = ({ serial, login: _, ...sketch }: Sketch, offset = 0): OrganisationDetails => ({
  ...sketch,
  uscc: makeUscc(serial + offset, { category: sketch.kind === 'university' ? '12' : '91' }),
  region: '410100',
  address: '河南省郑州市高新技术产业开发区科学大道（演示地址）',
});

export async function foundFirm(stage: Stage, sketch: Sketch, suffix: Suffix = NONE): Promise<Firm> {
  const person = await stage.signUp(sketch.legalRepresentative, sketch.login + suffix.login, DEMO_PASSWORD);
  return stage.found(detailsOf(sketch, suffix.serial), person);
}

export interface Cast {
  /** The platform's people: one reviews, another one keeps it running. */
  desk: Client;
  ops: Client;
  university: Firm;
  firmA: Firm;
  firmB: Firm;
  inventors: Person[];
}

/** A state university of Henan and two firms. */
export async function foundFirms(
  stage: Stage,
  suffix: Suffix = NONE,
): Promise<Pick<Cast, 'university' | 'firmA' | 'firmB'>> {
  const [university, firmA, firmB] = await Promise.all(
    [UNIVERSITY, FIRM_A, FIRM_B].map((sketch) => foundFirm(stage, sketch, suffix)),
  );
  return { university: university!, firmA: firmA!, firmB: firmB! };
}

/** The same with three inventors as natural persons, and two people of the platform. */
export async function gather(stage: Stage, suffix: Suffix = NONE): Promise<Cast> {
  const signUp = ({ name, login }: (typeof INVENTORS)[number] | (typeof STAFF)[number]) =>
    stage.signUp(name, login + suffix.login, DEMO_PASSWORD);
  const people = INVENTORS.map(signUp);
  const [desk, ops] = await Promise.all(
    STAFF.map(async (of) => stage.employ(stage.platform, await signUp(of), [of.role])),
  );
  return { ...(await foundFirms(stage, suffix)), desk: desk!, ops: ops!, inventors: await Promise.all(people) };
}
