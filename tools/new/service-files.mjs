/** The folder of a service, as every other has it. */
export const serviceFiles = (about) => {
  const at = (path, text) => [`services/${about.service}/${path}`, text];
  return [
    at('package.json', packageFile(about)),
    at('tsconfig.json', tsconfig(about)),
    at('prisma.config.ts', PRISMA),
    at('prisma/schema.prisma', schema(about)),
    at(`prisma/migrations/1_${about.table}/migration.sql`, migration(about)),
    at('README.md', readme(about)),
    at('src/main.ts', main(about)),
    at(`src/${about.service}.module.ts`, moduleFile(about)),
    at(`src/${about.service}.store.ts`, store(about)),
    at(`src/${about.service}.handlers.ts`, handlers(about)),
    at(`src/${about.service}.queries.ts`, queries(about)),
  ];
};

const packageFile = ({ service, libs }) =>
  JSON.stringify({
    name: `@yuzhi/${service}`,
    version: '0.1.0',
    private: true,
    type: 'module',
    exports: { './*': { '@yuzhi/source': './src/*.ts', types: './dist/*.d.ts', default: './dist/*.js' } },
    scripts: { build: 'tsc -b', test: 'node ../../tools/jest.mjs' },
    dependencies: Object.fromEntries(libs.map((name) => [`@yuzhi/${name}`, '*'])),
  });

const tsconfig = ({ libs }) =>
  JSON.stringify({
    extends: '../../tsconfig.base.json',
    compilerOptions: { rootDir: 'src', outDir: 'dist', tsBuildInfoFile: 'dist/.tsbuildinfo' },
    include: ['src/**/*.ts'],
    exclude: ['src/**/*.spec.ts', 'src/**/*.fixture.ts'],
    references: libs.map((name) => ({ path: `../../libs/${name}` })),
  });

const PRISMA = `import { defineConfig } from 'prisma/config';

export default defineConfig({
  schema: 'prisma/schema.prisma',
  datasource: { url: process.env['WRITER_URL'] ?? 'postgresql://localhost/none' },
});
`;

const schema = ({ Aggregate, id, table, said }) => `generator client {
  provider               = "prisma-client"
  output                 = "../src/generated/prisma"
  runtime                = "nodejs"
  moduleFormat           = "esm"
  generatedFileExtension = "ts"
  importFileExtension    = "ts"
}

datasource db {
  provider = "postgresql"
}

/// One ${said} as the last decision left it; the columns beside \`state\` are what is searched by.
model ${Aggregate} {
  ${id} String    @id @map("${table}_id") @db.Uuid
  owner      String
  status     String
  openedAt   DateTime  @map("opened_at") @db.Timestamptz(6)
  version    Int
  deadlineAt DateTime? @map("deadline_at") @db.Timestamptz(6)
  state      Json

  @@index([deadlineAt], map: "${table}_due")
  @@map("${table}")
}
`;

const migration = ({ table }) => `create table ${table} (
  ${table}_id uuid primary key,
  owner text not null,
  status text not null,
  opened_at timestamptz(6) not null,
  version integer not null,
  deadline_at timestamptz(6),
  state jsonb not null
) with (fillfactor = 70);
create index ${table}_due on ${table} (deadline_at);
`;

const readme = ({ service, table, said, words, one }) => `# ${service}

${words.zh}。${words.en}.

## What it owns

| table | what | written by |
| --- | --- | --- |
| \`${table}\` | one ${said}, from its opening to its end | the committer |

## A ${said}

\`\`\`mermaid
stateDiagram-v2
  [*] --> open
  open --> closed: by its owner
  closed --> [*]
\`\`\`

## Streams

| in | out |
| --- | --- |
| commands of holders: \`open\` \`close\` | \`${one}.opened\` \`${one}.closed\` |
`;

const main = ({ service, Service }) => `import { readEnvironment, ServiceEnvironment } from '@yuzhi/chassis/config';
import { runProcess } from '@yuzhi/chassis/service';
import { ${Service}Module } from './${service}.module.ts';

await runProcess(${Service}Module.with(readEnvironment(ServiceEnvironment)));
`;

const moduleFile = ({ service, Service, Aggregate }) => `import type { ServiceConfig } from '@yuzhi/chassis/config';
import { ServiceModule } from '@yuzhi/chassis/service';
import { catalogue } from '@yuzhi/protocol/catalogue';
import { type DynamicModule, Module } from '@nestjs/common';
import { PrismaClient } from './generated/prisma/client.ts';
import { ${Aggregate}Handlers } from './${service}.handlers.ts';
import { ${Aggregate}Queries } from './${service}.queries.ts';
import { ${Aggregate}Store } from './${service}.store.ts';

@Module({ providers: [${Aggregate}Store, ${Aggregate}Handlers, ${Aggregate}Queries] })
export class ${Service}Module {
  static with(config: ServiceConfig): DynamicModule {
    const options = { catalogue, prisma: PrismaClient };
    return { module: ${Service}Module, imports: [ServiceModule.of('${service}', config, options)] };
  }
}
`;

const store = ({ Aggregate, aggregate, one, id, table }) => `import { READER } from '@yuzhi/chassis/service';
import { DocumentStore, type Reader } from '@yuzhi/database/store';
import { Inject, Injectable } from '@nestjs/common';
import type { ${Aggregate} } from './domain/${aggregate}.ts';

@Injectable()
export class ${Aggregate}Store extends DocumentStore<${Aggregate}> {
  constructor(@Inject(READER) reader: Reader) {
    super(reader, '${table}', '${table}_id', {
      ${table}_id: ['uuid', (${one}) => ${one}.${id}],
      owner: ['text', (${one}) => ${one}.owner],
      status: ['text', (${one}) => ${one}.status],
      opened_at: ['timestamptz', (${one}) => new Date(${one}.openedAt)],
    });
  }
}
`;

const handlers = ({
  service,
  Aggregate,
  aggregate,
  one,
  id,
}) => `import { accept, Accepted, type Sent } from '@yuzhi/messaging/decision';
import { Handle } from '@yuzhi/messaging/handlers';
import { close${Aggregate}, ${one}Closed, ${one}Opened, open${Aggregate} } from '@yuzhi/protocol/${service}';
import { Injectable } from '@nestjs/common';
import { closed, type ${Aggregate}, opened } from './domain/${aggregate}.ts';
import { ${Aggregate}Store } from './${service}.store.ts';

@Injectable()
export class ${Aggregate}Handlers {
  @Handle(open${Aggregate}, ${Aggregate}Store)
  open(${one}: ${Aggregate} | undefined, { key, principal, data }: Sent<typeof open${Aggregate}>, now: number) {
    // The id is derived from the request, so whoever finds it taken repeats himself after the inbox forgot.
    if (${one}) return accept(${one}, { ${id}: key });
    const fresh = opened(key, principal.party, data.note, now);
    return accept(fresh, { ${id}: key }).tell(${one}Opened, { ${id}: key, party: fresh.owner });
  }

  @Handle(close${Aggregate}, ${Aggregate}Store)
  close(${one}: ${Aggregate} | undefined, { key, principal }: Sent<typeof close${Aggregate}>) {
    const decision = closed(${one}, principal.party);
    if (!(decision instanceof Accepted)) return decision;
    return decision.tell(${one}Closed, { ${id}: key, party: principal.party });
  }
}
`;

const queries = ({ service, Aggregate, aggregate, one, id }) => `import { Answer } from '@yuzhi/chassis/answers';
import { fromJson } from '@yuzhi/database/json';
import type { ParamsOf, Principal } from '@yuzhi/protocol/declare';
import { get${Aggregate} } from '@yuzhi/protocol/${service}';
import { Injectable } from '@nestjs/common';
import type { ${Aggregate} } from './domain/${aggregate}.ts';
import { PrismaClient } from './generated/prisma/client.ts';

@Injectable()
export class ${Aggregate}Queries {
  constructor(private readonly prisma: PrismaClient) {}

  /** Its owner and the desk see it; for anybody else there is none. */
  @Answer(get${Aggregate})
  async get({ ${id} }: ParamsOf<typeof get${Aggregate}>, asker?: Principal) {
    const row = await this.prisma.${one}.findUnique({ where: { ${id} } });
    if (!row || (row.owner !== asker?.party && !asker?.roles.includes('desk'))) return undefined;
    return fromJson<${Aggregate}>(row.state);
  }
}
`;
