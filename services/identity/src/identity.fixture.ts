import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
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
    ...{
      publicUrl: 'http://127.0.0.1:1',
      identitySecret: SECRET,
      accessTokenSeconds: 60,
      clientTokenSeconds: 45,
      portalRedirectUris: [],
    },
    ...{ platformUscc: PLATFORM, platformName: '演示数据·豫知平台', platformNameEn: 'Yuzhi (demo)' },
    ...{ platformRegion: '410100', platformAddress: '郑州（演示）', platformRepresentative: '平台负责人（演示）' },
    ...{ platformAdmin: ADMIN.loginName, platformAdminPassword: ADMIN.password },
  };
  return Stage.open({
    service: 'identity',
    database: await testDatabase('identity'),
    module: (config) => IdentityModule.with({ ...own, ...config }),
    rules: { 'identity.sign-in-failures': ['8', 'count'], 'identity.sign-in-rest-seconds': ['900', 'seconds'] },
    config: more,
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((go) => server.listen(0, '127.0.0.1', go));
  const { port } = server.address() as AddressInfo;
  await new Promise((go) => server.close(go));
  return port;
}
/** The same with its own issuer, as the world reaches it. */
export async function openIssuer(): Promise<{ stage: Stage; issuerUrl: string; publicUrl: string }> {
  const port = await freePort();
  const publicUrl = `http://127.0.0.1:${port}`;
  const issuerUrl = `${publicUrl}/oidc`;
  return { stage: await openIdentity({ port, publicUrl, issuerUrl }), issuerUrl, publicUrl };
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

/** A browser's part: keeps cookies, and follows redirects until one leads to `stop`. */
export class Browser {
  readonly cookies = new Map<string, string>();

  async open(url: string, body?: URLSearchParams): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie },
      ...(body && { method: 'POST', body }),
    });
    for (const set of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set)!;
      if (value) this.cookies.set(name!, value);
      else this.cookies.delete(name!);
    }
    return response;
  }
  async follow(url: string, stop: string, body?: URLSearchParams): Promise<{ response: Response; url: string }> {
    let [at, response] = [url, await this.open(url, body)];
    for (let hops = 0; hops < 10; hops++) {
      const location = response.headers.get('location');
      if (!location) return { response, url: at };
      at = new URL(location, at).href;
      if (at.startsWith(stop)) return { response, url: at };
      response = await this.open(at);
    }
    throw new Error(`going round in circles at ${at}`);
  }
}
