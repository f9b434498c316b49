import { Stage } from '@yuzhi/chassis/stage.fixture';
import { makeUscc } from '@yuzhi/protocol/uscc';
import { testDatabase } from '@yuzhi/testkit/databases';
import type { IdentityConfig } from './identity.config.ts';
import { IdentityModule } from './identity.module.ts';

export const PLATFORM = makeUscc(1);
export const ADMIN = { loginName: 'platform.admin', password: 'ten letters and more' };
export const SECRET = 'a secret of identity, in a test only';

/** The identity service whole, on a log in memory and a database of its own. */
export async function openIdentity(more: Partial<IdentityConfig> = {}): Promise<Stage> {
  const own = {
    ...{ publicUrl: 'http://127.0.0.1:1', identitySecret: SECRET, accessTokenSeconds: 60, portalRedirectUris: [] },
    ...{ platformUscc: PLATFORM, platformName: '演示数据·豫知平台' },
    ...{ platformAdmin: ADMIN.loginName, platformAdminPassword: ADMIN.password },
    ...more,
  };
  return Stage.open({
    service: 'identity',
    database: await testDatabase('identity'),
    module: (config) => IdentityModule.with({ ...own, ...config }),
  });
}

/** Everything that stands on the log and in the tables of the write path, as text. */
export async function everythingWritten(stage: Stage, topics: readonly { topic: string }[]): Promise<string> {
  const records = topics.flatMap(({ topic }) =>
    stage.broker.partitions(topic).flatMap((partition) => partition.records),
  );
  const tables = ['inbox', 'outbox', 'quarantine', 'person', 'organisation', 'consumer_offset'];
  const rows = await Promise.all(
    tables.map((table) => stage.rows<{ text: string }>(`select t::text as text from ${table} t`)),
  );
  return [...records.map(({ key, value }) => `${key} ${value}`), ...rows.flat().map(({ text }) => text)].join('\n');
}
