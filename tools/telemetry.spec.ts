import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { metrics, registry } from '@yuzhi/telemetry/metrics';
import { dashboards } from './dashboards.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const PROMETHEUS = 'deploy/prometheus';
const [rules, alerts] = [read(`${PROMETHEUS}/rules.yaml`), read(`${PROMETHEUS}/alerts.yaml`)];

/** What Prometheus itself adds. */
const SCRAPED = new Set(['job', 'instance', 'le']);

/** Labels by the name of a sample, as they are exposed. */
async function exposed(): Promise<Map<string, Set<string>>> {
  const ours = Object.values(metrics).flatMap(({ name, type, declared }) => {
    const names = type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name];
    return names.map((one) => [one, new Set<string>(declared.labels)] as const);
  });
  const own = new Set(Object.values(metrics).map(({ name }) => name.replace(/_total$/, '')));
  const nodes = (await registry.getMetricsAsJSON()).filter(({ name }) => !own.has(name));
  return new Map([...ours, ...nodes.map(({ name }) => [name, new Set<string>()] as const)]);
}
const recorded = new Set([...rules.matchAll(/record: (\S+)/g)].map(([, name]) => name!));

/** Everything in an expression that nobody measures. */
async function unmeasured(text: string): Promise<string[]> {
  const known = await exposed();
  const wrong = [...text.matchAll(/\byuzhi:[\w:]+/g)].filter(([name]) => !recorded.has(name)).map(([name]) => name);
  for (const [, name, selector = ''] of text.matchAll(/\b((?:yuzhi|nodejs|process)_[a-z0-9_]+)(?:\{([^}]*)\})?/g)) {
    const labels = known.get(name!);
    if (!labels) wrong.push(name!);
    const used = [...selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label!);
    wrong.push(
      ...used.filter((label) => !labels?.has(label) && !SCRAPED.has(label)).map((label) => `${name}{${label}}`),
    );
  }
  return wrong;
}

it('notices what nobody measures', async () => {
  const planted = 'rate(yuzhi_comits_total[1m]) + yuzhi_commands_queued{group="a",service="b"} + yuzhi:nothing:rate1m';
  expect(await unmeasured(planted)).toEqual([
    'yuzhi:nothing:rate1m',
    'yuzhi_comits_total',
    'yuzhi_commands_queued{group}',
  ]);
});

describe('rules and alerts', () => {
  it('reckon with what is measured', async () => {
    expect(await unmeasured(rules + alerts)).toEqual([]);
  });

  it.each([
    ['check', 'rules', 'rules.yaml', 'alerts.yaml'],
    ['check', 'config', 'prometheus.yaml'],
    ['test', 'rules', 'rules.test.yaml'],
  ])('pass promtool %s %s %s', (...args) => {
    const { status, stdout, stderr, error } = spawnSync('promtool', args, {
      cwd: join(root, PROMETHEUS),
      encoding: 'utf8',
    });
    expect({ status, error, said: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, said: '' });
  });

  it('are each tested once they could fire', () => {
    const tested = read(`${PROMETHEUS}/rules.test.yaml`);
    const names = [...alerts.matchAll(/alert: (\w+)/g)].map(([, name]) => name!);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !tested.includes(`alertname: ${name}\n`))).toEqual([]);
  });

  it('lead to a runbook each that says what it means, how to see it and what to do; no runbook is left over', () => {
    const named = [...alerts.matchAll(/runbook: (\S+)/g)].map(([, path]) => path!);
    expect(named).toHaveLength([...alerts.matchAll(/alert:/g)].length);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const books = readdirSync(join(root, 'docs/runbooks')).map((name) => `docs/runbooks/${name}`);
    expect(books.toSorted()).toEqual([...new Set(named)].toSorted());
    for (const book of books)
      expect(read(book)).toMatch(/^# .+\n\n.+\n\n## How to see it\n\n- [^]+\n\n## What to do\n\n1\. /);
  });

  it('are explained by runbooks that name what is measured and lead to pages that are there', async () => {
    for (const name of readdirSync(join(root, 'docs/runbooks'))) {
      const text = read(`docs/runbooks/${name}`);
      expect({ name, unmeasured: await unmeasured(text) }).toEqual({ name, unmeasured: [] });
      const links = [...text.matchAll(/\]\((\S+)\)/g)].map(([, path]) => path!);
      expect(links.filter((path) => !existsSync(join(root, 'docs/runbooks', path)))).toEqual([]);
    }
  });
});

describe('dashboards', () => {
  it('are what is committed', async () => {
    const wanted = await dashboards();
    expect(readdirSync(join(root, 'deploy/grafana')).toSorted()).toEqual([...wanted.keys()].toSorted());
    for (const [name, text] of wanted) expect(read(`deploy/grafana/${name}`)).toBe(text);
  });

  it('show what is measured', async () => {
    for (const text of (await dashboards()).values()) {
      const { panels } = JSON.parse(text) as { panels: { targets: { expr: string }[] }[] };
      const all = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
      expect(all.length).toBeGreaterThan(10);
      expect(await unmeasured(all.join('\n'))).toEqual([]);
    }
  });
});
