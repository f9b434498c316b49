import { z } from 'zod';
import { command, event, form, query, refusal, refusing, site, table } from './declare.ts';
import { Id, line, page, pagingBy } from './scalars.ts';
import { Uscc } from './uscc.ts';

export const RoleName = z
  .enum(['admin', 'holder', 'bidder', 'signatory', 'finance', 'desk', 'ops'])
  .meta({ id: 'RoleName' });
export const OrganisationKind = z
  .enum(['university', 'institute', 'state-firm', 'firm', 'bank', 'government', 'platform'])
  .meta({ id: 'OrganisationKind' });

/** Key `<person>/<organisation>`. Who may act for whom, and as what; an API client stands here like a person. */
export const memberships = table(
  'identity.memberships.v1',
  z.object({ person: Id, organisation: Uscc, roles: z.array(RoleName), verified: z.boolean() }),
);
const Organisation = z.object({
  uscc: Uscc,
  name: line(120),
  nameEn: line(200),
  kind: OrganisationKind,
  /** GB/T 2260, six digits. */
  region: z.string().regex(/^\d{6}$/),
  address: line(200),
  legalRepresentative: line(60),
});
/** Key: the USCC. */
export const organisations = table('identity.organisations.v1', Organisation.extend({ verified: z.boolean() }));
/** Key: the person's id. Compacted, so that a name can be replaced or deleted: events hold ids (ADR 28). */
export const people = table('identity.people.v1', z.object({ person: Id, name: line(60) }));

export const identityRefusals = {
  'login-name-taken': refusal(
    409,
    ['该登录名已被使用。', 'That login name is taken.'],
    ['请换一个登录名，或直接登录。', 'Choose another, or sign in.'],
  ),
  'person-unknown': refusal(
    422,
    ['没有该人员。', 'There is no such person.'],
    ['请先让对方注册，再填写其人员编号。', 'Ask them to sign up, then use their person id.'],
  ),
  'person-not-you': refusal(
    403,
    ['只能登记本人的姓名。', 'You may name nobody but yourself.'],
    ['请使用本人的人员编号（GET /v1/me）。', 'Use your own person id, as GET /v1/me tells it.'],
  ),
  'sign-in-elsewhere': refusal(
    409,
    ['本平台的账号由外部登录系统管理。', 'Accounts of this platform are kept by an issuer of its own choice.'],
    [
      '请在该系统开户并登录，再登记姓名（POST /v1/people/:person）。',
      'Get an account there, sign in, and tell your name (POST /v1/people/:person).',
    ],
  ),
  'organisation-exists': refusal(
    409,
    ['该统一社会信用代码已登记。', 'This unified social credit code is already registered.'],
    ['请联系该机构管理员加入。', 'Ask its administrator to add you.'],
  ),
  'organisation-not-found': refusal(
    404,
    ['没有该机构。', 'There is no such organisation.'],
    ['请核对统一社会信用代码。', 'Check the unified social credit code.'],
  ),
  'organisation-not-yours': refusal(
    403,
    ['您不是该机构的管理员。', 'You do not administer this organisation.'],
    ['请以该机构管理员身份操作。', 'Act as its administrator.'],
  ),
  'organisation-already-verified': refusal(
    409,
    ['该机构已通过核验。', 'The organisation is verified already.'],
    ['无需重复核验。', 'There is nothing more to do.'],
  ),
  'role-reserved': refusal(
    403,
    ['平台岗位只能授予平台机构的成员。', 'Platform roles belong to members of the platform only.'],
    ['请选择其他岗位。', 'Choose other roles.'],
  ),
  'last-admin-stays': refusal(
    409,
    ['机构至少要有一名管理员。', 'An organisation keeps at least one administrator.'],
    ['请先任命另一名管理员。', 'Appoint another administrator first.'],
  ),
};
const r = identityRefusals;

/** Sent by identity itself: the password went to its side table and never stands on the log. */
export const registerPerson = command('identity.person.register.v1', {
  summary: { zh: '登记人员', en: 'Register a person' },
  key: 'person',
  keyType: Id,
  data: z.object({ person: Id, name: line(60) }),
  answer: z.object({ person: Id }),
  permission: ['service'],
  rejections: {},
});
export const signUp = form('identity.person.sign-up.v1', {
  route: 'POST /v1/people',
  summary: { zh: '注册个人账号', en: 'Sign up as a person' },
  permission: 'anyone',
  params: z.object({}),
  body: z.object({
    loginName: z.string().regex(/^[a-z0-9][a-z0-9._-]{2,39}$/, 'three to forty of a-z 0-9 . _ -'),
    password: z.string().min(10).max(200),
    name: line(60),
  }),
  answer: z.object({ person: Id }),
  rejections: refusing(r, 'login-name-taken', 'sign-in-elsewhere'),
  limit: 4096,
});
export const namePerson = command('identity.person.name.v1', {
  route: 'POST /v1/people/:person',
  summary: { zh: '登记或更正本人姓名', en: 'Tell your name, or correct it' },
  key: 'person',
  keyType: Id,
  data: z.object({ name: line(60) }),
  answer: z.object({ person: Id, name: line(60) }),
  permission: 'person',
  rejections: refusing(r, 'person-not-you'),
});
export const registerOrganisation = command('identity.organisation.register.v1', {
  route: 'POST /v1/organisations',
  summary: { zh: '登记机构，登记人成为管理员', en: 'Register an organisation; whoever does administers it' },
  key: 'uscc',
  keyType: Uscc,
  data: Organisation,
  answer: z.object({ uscc: Uscc }),
  permission: 'person',
  rejections: refusing(r, 'organisation-exists', 'role-reserved'),
});
/** Sent by identity itself at the first start: the operator's own organisation and its first administrator. */
export const foundPlatform = command('identity.organisation.found-platform.v1', {
  summary: { zh: '建立平台机构', en: 'Found the organisation of the platform' },
  key: 'uscc',
  keyType: Uscc,
  data: Organisation.extend({ administrator: Id }),
  answer: z.object({ uscc: Uscc }),
  permission: ['service'],
  rejections: {},
});
export const verifyOrganisation = command('identity.organisation.verify.v1', {
  route: 'POST /v1/organisations/:uscc/verify',
  summary: { zh: '核验机构', en: 'Verify an organisation' },
  key: 'uscc',
  keyType: Uscc,
  data: z.object({}),
  answer: z.object({ uscc: Uscc }),
  permission: ['desk'],
  rejections: refusing(r, 'organisation-not-found', 'organisation-already-verified'),
});
export const grantRoles = command('identity.organisation.grant.v1', {
  route: 'POST /v1/organisations/:uscc/members',
  summary: { zh: '授予或收回成员岗位（空列表即移除）', en: 'Set the roles of a member; none removes him' },
  key: 'uscc',
  keyType: Uscc,
  data: z.object({ person: Id, roles: z.array(RoleName).max(7) }),
  answer: z.object({ person: Id, roles: z.array(RoleName) }),
  permission: ['admin'],
  rejections: refusing(
    r,
    'organisation-not-found',
    'organisation-not-yours',
    'person-unknown',
    'role-reserved',
    'last-admin-stays',
  ),
});
/** Sent by identity itself, as `registerPerson` is: the secret was shown once and is kept as a hash. */
export const registerClient = command('identity.organisation.register-client.v1', {
  summary: { zh: '登记接口客户端', en: 'Register an API client' },
  key: 'uscc',
  keyType: Uscc,
  data: z.object({ uscc: Uscc, client: Id, name: line(60), roles: z.array(RoleName).min(1).max(7), by: Id }),
  answer: z.object({ client: Id }),
  permission: ['service'],
  rejections: refusing(r, 'organisation-not-yours', 'role-reserved'),
});
export const addClient = form('identity.organisation.add-client.v1', {
  route: 'POST /v1/organisations/:uscc/clients',
  summary: { zh: '创建接口客户端（密钥只显示一次）', en: 'Create an API client; its secret is shown once' },
  permission: ['admin'],
  params: z.object({ uscc: Uscc }),
  body: z.object({ name: line(60), roles: z.array(RoleName).min(1).max(7) }),
  answer: z.object({ clientId: Id, clientSecret: z.string() }),
  rejections: refusing(r, 'organisation-not-yours', 'role-reserved', 'sign-in-elsewhere'),
  limit: 4096,
});

const OrganisationView = Organisation.extend({ verified: z.boolean(), registeredAt: z.int() }).meta({
  id: 'Organisation',
});
export const getOrganisation = query('identity.organisation.get.v1', {
  route: 'GET /v1/organisations/:uscc',
  summary: { zh: '查看机构', en: 'Read an organisation' },
  permission: 'anyone',
  params: z.object({ uscc: Uscc }),
  answer: OrganisationView,
});
export const listOrganisations = query('identity.organisation.list.v1', {
  route: 'GET /v1/organisations',
  summary: { zh: '机构列表', en: 'List organisations' },
  permission: ['desk', 'ops'],
  params: z.object({ ...pagingBy('[0-9A-Z]{18}'), verified: z.enum(['true', 'false']).optional() }),
  answer: page(OrganisationView),
});
const Member = z.object({ person: Id, name: z.string(), roles: z.array(RoleName) });
export const listMembers = query('identity.organisation.members.v1', {
  route: 'GET /v1/organisations/:uscc/members',
  summary: { zh: '机构成员', en: 'Members of an organisation' },
  permission: ['admin'],
  params: z.object({ uscc: Uscc }),
  answer: z.object({ items: z.array(Member) }),
});
export const getMe = query('identity.person.me.v1', {
  route: 'GET /v1/me',
  summary: { zh: '我的身份与岗位', en: 'Who I am and for whom I may act' },
  permission: 'person',
  params: z.object({}),
  answer: z.object({
    person: Id,
    name: z.string(),
    memberships: z.array(
      z.object({ organisation: Uscc, name: z.string(), roles: z.array(RoleName), verified: z.boolean() }),
    ),
  }),
});

export const organisationRegistered = event('identity.organisation.registered.v1', {
  key: 'uscc',
  data: z.object({ uscc: Uscc, name: line(120), kind: OrganisationKind, by: Id }),
  sentence: { zh: '机构 {name} 已登记，等待平台核验。', en: '{name} registered and waits for verification.' },
  audience: 'desk',
});
export const organisationVerified = event('identity.organisation.verified.v1', {
  key: 'uscc',
  data: z.object({ uscc: Uscc, name: line(120) }),
  sentence: { zh: '平台已核验机构 {name}。', en: '{name} was verified by the platform.' },
  audience: 'public',
});
export const rolesGranted = event('identity.organisation.roles-granted.v1', {
  key: 'uscc',
  data: z.object({ uscc: Uscc, person: Id, roles: z.array(RoleName) }),
  sentence: { zh: '机构成员岗位已变更。', en: 'The roles of a member changed.' },
  audience: 'desk',
});

/** The embedded OpenID Connect issuer with its sign-in page. */
export const issuer = site('identity.issuer.pages.v1', {
  prefix: '/oidc',
  summary: { zh: '登录（OpenID Connect）', en: 'Sign-in by OpenID Connect' },
});
