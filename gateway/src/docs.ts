import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';

const settings = {
  url: '/openapi.json',
  telemetry: false,
  withDefaultFonts: false,
  showDeveloperTools: 'never',
  agent: { disabled: true },
  mcp: { disabled: true },
};
const page = `<!doctype html>
<html lang="zh-CN">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>豫知 API · Yuzhi API</title>
  </head>
  <body>
    <noscript>
      <h1>豫知 API · <span lang="en">Yuzhi API</span></h1>
      <p>接口文档页面需要脚本；文档本身见 <a href="/openapi.json">/openapi.json</a>。</p>
      <p lang="en">This page needs its script; the document itself is at <a href="/openapi.json">/openapi.json</a>.</p>
    </noscript>
    <script id="api-reference" data-configuration='${JSON.stringify(settings)}'></script>
    <script src="/docs/reference.js"></script>
  </body>
</html>
`;
/** Everything comes from here: nothing of the page asks another server. */
const policy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
].join('; ');

/** The reference page of the API, from the package and offline, and the document it shows. */
export function registerDocs(http: FastifyInstance, document: () => unknown): void {
  const script = join(createRequire(import.meta.url).resolve('@scalar/api-reference'), '../browser/standalone.js');
  let text: string | undefined;
  http.get('/openapi.json', (_, reply) => reply.type('application/json').send((text ??= JSON.stringify(document()))));
  http.get('/docs', (_, reply) => reply.type('text/html').header('content-security-policy', policy).send(page));
  http.get('/docs/reference.js', (_, reply) =>
    reply.type('text/javascript').header('cache-control', 'max-age=3600').send(createReadStream(script)),
  );
}
