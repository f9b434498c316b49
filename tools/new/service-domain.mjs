/** What the new service says and decides: one aggregate that is opened and closed, to be replaced by the real one. */
export const domainFiles = (about) => [
  [`libs/protocol/src/${about.service}.ts`, protocol(about)],
  [`services/${about.service}/src/domain/${about.aggregate}.ts`, domain(about)],
  [`services/${about.service}/src/domain/${about.aggregate}.spec.ts`, spec(about)],
];

const protocol = ({ service, aggregate, Aggregate, one, id, said, words }) => `import { z } from 'zod';
import { command, event, query, refusal, refusing } from './declare.ts';
import { Id, Instant, PartyId, text } from './scalars.ts';

const key = { key: '${id}', keyType: Id } as const;

export const ${camelOf(service)}Refusals = {
  '${aggregate}-not-found': refusal(404, ['没有该记录。', 'There is no such ${said}.'], ['请核对编号。', 'Check the id.']),
  '${aggregate}-not-yours': refusal(
    403,
    ['该记录不属于您。', 'This ${said} is not yours.'],
    ['请切换机构。', 'Act for another organisation.'],
  ),
  '${aggregate}-closed': refusal(409, ['该记录已关闭。', 'This ${said} is closed.'], ['无需操作。', 'Nothing is to be done.']),
};
const r = ${camelOf(service)}Refusals;

export const open${Aggregate} = command('${service}.${aggregate}.open.v1', {
  route: 'POST /v1/${service}',
  summary: { zh: ${JSON.stringify(`${words.zh}：新建`)}, en: 'Open a new ${said}' },
  ...key,
  data: z.object({ note: text(2000) }),
  answer: z.object({ ${id}: Id }),
  permission: ['holder'],
  rejections: {},
});
export const close${Aggregate} = command('${service}.${aggregate}.close.v1', {
  route: 'POST /v1/${service}/:${id}/close',
  summary: { zh: ${JSON.stringify(`${words.zh}：关闭`)}, en: 'Close the ${said}' },
  ...key,
  data: z.object({}),
  answer: z.object({}),
  permission: ['holder'],
  rejections: refusing(r, '${aggregate}-not-found', '${aggregate}-not-yours', '${aggregate}-closed'),
});

export const ${one}Opened = event('${service}.${aggregate}.opened.v1', {
  key: '${id}',
  data: z.object({ ${id}: Id, party: PartyId }),
  sentence: { zh: '{party:party} 新建了记录。', en: '{party:party} opened the ${said}.' },
  audience: 'self',
});
export const ${one}Closed = event('${service}.${aggregate}.closed.v1', {
  key: '${id}',
  data: z.object({ ${id}: Id, party: PartyId }),
  sentence: { zh: '{party:party} 关闭了记录。', en: '{party:party} closed the ${said}.' },
  audience: 'self',
});

export const ${Aggregate}View = z
  .object({ ${id}: Id, owner: PartyId, status: z.enum(['open', 'closed']), note: z.string(), openedAt: Instant })
  .meta({ id: '${Aggregate}' });
export const get${Aggregate} = query('${service}.${aggregate}.get.v1', {
  route: 'GET /v1/${service}/:${id}',
  summary: { zh: ${JSON.stringify(`${words.zh}：查询`)}, en: 'Read the ${said}' },
  permission: ['holder', 'desk'],
  params: z.object({ ${id}: Id }),
  answer: ${Aggregate}View,
});
`;

const camelOf = (words) => words.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());

const domain = ({
  aggregate,
  Aggregate,
  one,
  id,
}) => `import { accept, type Decision, refuse } from '@yuzhi/messaging/decision';

export interface ${Aggregate} {
  readonly ${id}: string;
  readonly owner: string;
  readonly status: 'open' | 'closed';
  readonly note: string;
  /** Epoch ms. */
  readonly openedAt: number;
  readonly version: number;
}

export const opened = (${id}: string, owner: string, note: string, now: number): ${Aggregate} => ({
  ${id},
  owner,
  status: 'open',
  note,
  openedAt: now,
  version: 1,
});

type Refusal = '${aggregate}-not-found' | '${aggregate}-not-yours' | '${aggregate}-closed';

/** Only its owner closes it, and only once. */
export function closed(${one}: ${Aggregate} | undefined, party: string): Decision<${Aggregate}, Refusal> {
  if (!${one}) return refuse('${aggregate}-not-found');
  if (${one}.owner !== party) return refuse('${aggregate}-not-yours');
  if (${one}.status === 'closed') return refuse('${aggregate}-closed');
  return accept<${Aggregate}>({ ...${one}, status: 'closed', version: ${one}.version + 1 }, {});
}
`;

const spec = ({ aggregate, id, said }) => `import { describe, expect, it } from '@jest/globals';
import { closed, opened } from './${aggregate}.ts';

const NOW = 1_798_770_600_000;
const open = opened('0197a3c1-0000-7000-8000-000000000001', 'owner', 'a note', NOW);

describe('a new ${said}', () => {
  it('is open, and its owner is who opened it', () => {
    expect(open).toMatchObject({ ${id}: '0197a3c1-0000-7000-8000-000000000001', owner: 'owner', status: 'open' });
    expect([open.openedAt, open.version]).toEqual([NOW, 1]);
  });
});

describe('closing', () => {
  it('is for its owner, once', () => {
    const { state } = closed(open, 'owner') as { state: typeof open };
    expect(state).toEqual({ ...open, status: 'closed', version: 2 });
    expect(closed(state, 'owner')).toMatchObject({ code: '${aggregate}-closed' });
  });

  it('is refused to anybody else, and where there is none', () => {
    expect(closed(open, 'another')).toMatchObject({ code: '${aggregate}-not-yours' });
    expect(closed(undefined, 'owner')).toMatchObject({ code: '${aggregate}-not-found' });
  });
});
`;
