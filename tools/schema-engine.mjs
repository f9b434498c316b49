#!/usr/bin/env node
// Stand-in for Prisma's native schema-engine (whose download host cannot be reached): speaks the CLI's
// JSON-RPC over stdio and runs @prisma/schema-engine-wasm on the pg driver adapter. Enabled with
// PRISMA_SCHEMA_ENGINE_BINARY=tools/schema-engine.mjs
import fs from 'node:fs';
import readline from 'node:readline';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import pg from 'pg';

if (process.argv.includes('--version')) {
  console.log('schema-engine-cli wasm');
  process.exit(0);
}
const { values, positionals } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: {
    datamodels: { type: 'string', multiple: true, default: [] },
    datasource: { type: 'string' },
    'enabled-preview-features': { type: 'string' },
    'extension-types': { type: 'string' },
  },
});
const datasource = values.datasource ? JSON.parse(values.datasource) : {};
const logErr = (code, message) =>
  process.stderr.write(
    '\n' + JSON.stringify({ level: 'ERROR', target: 'schema_engine::logger', fields: { error_code: code, message } }),
  );

function target(url) {
  const u = new URL(url);
  const schema = u.searchParams.get('schema') ?? 'public';
  u.searchParams.delete('schema');
  const database = decodeURIComponent(u.pathname.slice(1));
  // Separate fields, not a connection string: pg lets a connection string override \`database\`, and then
  // connectToShadowDb() would silently run the shadow migrations on the real database.
  const config = {
    host: u.hostname,
    port: Number(u.port || 5432),
    user: decodeURIComponent(u.username),
    password: decodeURIComponent(u.password),
    database,
    ...(schema !== 'public' && { options: `-c search_path=${schema}` }),
  };
  return { connectionString: u.toString(), config, schema, database };
}
async function withAdmin(url, fn) {
  const u = new URL(url);
  u.pathname = '/postgres';
  u.searchParams.delete('schema');
  const c = new pg.Client({ connectionString: u.toString() });
  await c.connect();
  try {
    return await fn(c);
  } finally {
    await c.end();
  }
}

if (positionals[0] === 'cli') {
  const t = target(datasource.url);
  try {
    if (positionals[1] === 'can-connect-to-database') {
      const c = new pg.Client({ connectionString: t.connectionString, connectionTimeoutMillis: 5000 });
      await c.connect();
      await c.end();
      console.log('Connection successful');
    } else if (positionals[1] === 'create-database') {
      await withAdmin(datasource.url, (c) => c.query(`CREATE DATABASE ${c.escapeIdentifier(t.database)}`));
      console.log(`Database '${t.database}' was successfully created.`);
    } else if (positionals[1] === 'drop-database') {
      await withAdmin(datasource.url, (c) =>
        c.query(`DROP DATABASE IF EXISTS ${c.escapeIdentifier(t.database)} WITH (FORCE)`),
      );
      console.log('The database was successfully dropped.');
    }
    process.exit(0);
  } catch (e) {
    logErr(
      e.code === '3D000' ? 'P1003' : e.code === '42P04' ? 'P1009' : e.code === '28P01' ? 'P1000' : 'P1001',
      e.message || String(e),
    );
    process.exit(1);
  }
}

const require = createRequire(import.meta.url);
const bg = await import('@prisma/schema-engine-wasm/schema_engine_bg');
const wasmFile = require.resolve('@prisma/schema-engine-wasm').replace(/schema_engine\.js$/, 'schema_engine_bg.wasm');
const { instance } = await WebAssembly.instantiate(fs.readFileSync(wasmFile), { './schema_engine_bg.js': bg });
bg.__wbg_set_wasm(instance.exports);
instance.exports.__wbindgen_start?.();
const { PrismaPg } = await import('@prisma/adapter-pg');
const { bindMigrationAwareSqlAdapterFactory } = await import('@prisma/driver-adapter-utils');

// Two gaps of @prisma/adapter-pg as a migration driver: it cannot read pg_catalog's "char" (oid 18), and its
// executeScript splits on ';' (which cuts functions and DO blocks): send the script whole instead.
const { ColumnTypeEnum } = await import('@prisma/driver-adapter-utils');
function patch(adapter) {
  const io = adapter.performIO.bind(adapter);
  adapter.queryRaw = async (query) => {
    const { fields, rows } = await io(query);
    const probe = {
      performIO: async () => ({
        fields: fields.map((f) => (f.dataTypeID === 18 ? { ...f, dataTypeID: 25 } : f)),
        rows,
      }),
    };
    const res = await Object.getPrototypeOf(Object.getPrototypeOf(adapter)).queryRaw.call(probe, query);
    fields.forEach((f, i) => {
      if (f.dataTypeID === 18) res.columnTypes[i] = ColumnTypeEnum.Character;
    });
    return res;
  };
  adapter.executeScript = async (script) => {
    try {
      await adapter.underlyingDriver().query(script);
    } catch (e) {
      adapter.onError(e);
    }
  };
  return adapter;
}
class MigrationPg extends PrismaPg {
  async connect() {
    return patch(await super.connect());
  }
  async connectToShadowDb() {
    const database = `prisma_shadow_${crypto.randomUUID()}`;
    const sql = async (q) => {
      const c = new pg.Client({ ...this.config, database: 'postgres', options: undefined });
      await c.connect();
      try {
        await c.query(q);
      } finally {
        await c.end();
      }
    };
    await sql(`CREATE DATABASE "${database}"`);
    const shadow = patch(await new PrismaPg({ ...this.config, database }, this.options).connect());
    const close = shadow.dispose.bind(shadow);
    shadow.dispose = async () => {
      await close();
      await sql(`DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`);
    };
    return shadow;
  }
}

let engine;
async function getEngine() {
  if (engine) return engine;
  const t = datasource.url ? target(datasource.url) : { config: {}, schema: 'public' };
  const factory = bindMigrationAwareSqlAdapterFactory(new MigrationPg(t.config, { schema: t.schema }));
  const datamodels = values.datamodels.map((p) => [p, fs.readFileSync(p, 'utf8')]);
  return (engine = await bg.SchemaEngine.new(
    { datamodels: datamodels.length ? datamodels : undefined },
    () => {},
    factory,
  ));
}
const alias = { getDatabaseVersion: 'version' };
const rl = readline.createInterface({ input: process.stdin, crlfDelay: Infinity });
let pending = 0,
  closed = false;
const maybeExit = () => {
  if (closed && pending === 0) process.exit(0);
};
rl.on('line', (line) => void answer(line));
async function answer(line) {
  const { id, method, params } = JSON.parse(line);
  if (!method) return;
  pending++;
  let reply;
  try {
    let result;
    if (method === 'createDatabase') {
      const t = target(params?.datasource?.url ?? datasource.url);
      await withAdmin(datasource.url, (c) => c.query(`CREATE DATABASE ${c.escapeIdentifier(t.database)}`));
      result = { databaseName: t.database };
    } else result = await (await getEngine())[alias[method] ?? method](params);
    reply = { jsonrpc: '2.0', id, result: result ?? null };
    if (method === 'diff' && typeof result?.stdout === 'string' && result.stdout)
      process.stdout.write(
        JSON.stringify({ jsonrpc: '2.0', id: `p${id}`, method: 'print', params: { content: result.stdout } }) + '\n',
      );
  } catch (e) {
    if (process.env.SCHEMA_ENGINE_DEBUG) console.error(e);
    reply = {
      jsonrpc: '2.0',
      id,
      error: {
        code: 4466,
        message: e?.message ?? String(e),
        data: { is_panic: false, message: e?.message ?? String(e), meta: e?.meta ?? null, error_code: e?.code ?? null },
      },
    };
  }
  process.stdout.write(JSON.stringify(reply) + '\n');
  pending--;
  maybeExit();
}
rl.on('close', () => {
  closed = true;
  maybeExit();
});
