// node tools/dashboards.ts: writes deploy/grafana/*.json, Grafana's own form of what is said here in a few words.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';

interface Panel {
  title: string;
  /** As Grafana names it: `reqps`, `s`, `percentunit`, `short`. */
  unit: string;
  kind?: 'stat' | 'timeseries';
  width?: number;
  /** Expressions, and what a series of them is called. */
  series: [expr: string, legend: string][];
}

const overview: Panel[] = [
  { title: '请求 · Requests', unit: 'reqps', kind: 'stat', width: 4, series: [['sum(yuzhi:requests:rate1m)', '']] },
  { title: 'p95', unit: 's', kind: 'stat', width: 4, series: [['yuzhi:request_seconds:p95_5m', '']] },
  {
    title: '错误 · Failed',
    unit: 'percentunit',
    kind: 'stat',
    width: 4,
    series: [['yuzhi:requests_failed:ratio5m', '']],
  },
  { title: '有效出价 · Bids', unit: 'ops', kind: 'stat', width: 4, series: [['yuzhi:bids_accepted:rate1m', '']] },
  {
    title: '大厅观众 · Watchers',
    unit: 'short',
    kind: 'stat',
    width: 4,
    series: [['sum(yuzhi_stream_watchers{stream="bidding.auction.live.v1"})', '']],
  },
  { title: '最老发件 · Outbox', unit: 's', kind: 'stat', width: 4, series: [['max(yuzhi_outbox_age_seconds)', '']] },
  {
    title: '响应时间 · Latency',
    unit: 's',
    series: [
      ['yuzhi:request_seconds:p50_5m', 'p50'],
      ['yuzhi:request_seconds:p95_5m', 'p95'],
      ['yuzhi:request_seconds:p99_5m', 'p99'],
    ],
  },
  {
    title: '请求与出价 · Requests and bids',
    unit: 'ops',
    series: [
      ['sum(yuzhi:requests:rate1m)', 'requests'],
      ['yuzhi:bids_accepted:rate1m', 'bids accepted'],
      ['sum(yuzhi:bids_refused:rate1m)', 'bids refused'],
    ],
  },
  {
    title: '消费积压 · Consumer lag',
    unit: 'short',
    series: [['yuzhi:consumer_lag_records:max', '{{group}}']],
  },
  {
    title: '隔离与停放 · Set aside',
    unit: 'short',
    series: [['max by (service, kind) (yuzhi_set_aside_records)', '{{service}} {{kind}}']],
  },
  {
    title: '命令 p99 · Commands',
    unit: 's',
    series: [['topk(10, yuzhi:command_seconds:p99_5m)', '{{type}}']],
  },
  {
    title: '拒绝 · Refusals',
    unit: 'ops',
    series: [['topk(10, sum by (code) (rate(yuzhi_refusals_total[1m])))', '{{code}}']],
  },
];

const saturation: Panel[] = [
  { title: '事件循环 · Event loop', unit: 's', series: [['nodejs_eventloop_lag_p99_seconds', '{{instance}}']] },
  { title: 'CPU', unit: 'percentunit', series: [['rate(process_cpu_seconds_total[1m])', '{{instance}}']] },
  { title: '内存 · Memory', unit: 'bytes', series: [['process_resident_memory_bytes', '{{instance}}']] },
  { title: '提交 · Commits', unit: 's', series: [['yuzhi:commit_seconds:p99_5m', '{{service}} p99']] },
  { title: '每次提交 · Commands a commit', unit: 'short', series: [['yuzhi:commit_commands:mean5m', '{{service}}']] },
  { title: '封存滞后 · Seals', unit: 's', series: [['min by (chain) (yuzhi_seal_age_seconds)', '{{chain}}']] },
  { title: '排队的命令 · Queued', unit: 'short', series: [['yuzhi_commands_queued', '{{service}}']] },
  { title: '等候的请求 · Callers', unit: 'short', series: [['sum by (owner) (yuzhi_callers_waiting)', '{{owner}}']] },
  {
    title: '连接池 · Pools',
    unit: 'short',
    series: [
      ['sum by (service, pool) (yuzhi_pool_waiting_requests)', '{{service}} {{pool}} waiting'],
      ['sum by (service, pool) (yuzhi_pool_connections)', '{{service}} {{pool}} open'],
    ],
  },
  {
    title: '发件箱 · Outbox',
    unit: 'short',
    series: [['sum by (service) (yuzhi_outbox_unsent_records)', '{{service}}']],
  },
  {
    title: '重试 · Retries',
    unit: 'ops',
    series: [['rate(yuzhi_commit_retries_total[5m])', '{{service}} {{reason}}']],
  },
  {
    title: '外部调用 · Errands',
    unit: 'short',
    series: [
      ['max by (service) (yuzhi_errands_pending)', '{{service}} pending'],
      ['yuzhi:errands_unanswered:ratio10m', '{{errand}} unanswered'],
    ],
  },
  {
    title: '流程 · Processes',
    unit: 's',
    series: [['max by (service) (yuzhi_process_overdue_seconds)', '{{service}} overdue']],
  },
];

const WIDE = 24;

function placed(panels: readonly Panel[]): object[] {
  let [x, y, rowHeight] = [0, 0, 0];
  return panels.map(({ title, unit, kind = 'timeseries', width = 12, series }, at) => {
    const height = kind === 'stat' ? 4 : 8;
    if (x + width > WIDE) [x, y, rowHeight] = [0, y + rowHeight, 0];
    const gridPos = { h: height, w: width, x, y };
    [x, rowHeight] = [x + width, Math.max(rowHeight, height)];
    return {
      id: at + 1,
      title,
      type: kind,
      gridPos,
      datasource: { type: 'prometheus', uid: '${source}' },
      fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
      targets: series.map(([expr, legendFormat], n) => ({
        refId: String.fromCharCode(65 + n),
        expr,
        legendFormat,
        exemplar: kind === 'timeseries' && unit === 's',
      })),
    };
  });
}

const dashboard = (uid: string, title: string, panels: readonly Panel[]) => ({
  uid,
  title,
  tags: ['yuzhi'],
  timezone: 'Asia/Shanghai',
  refresh: '15s',
  schemaVersion: 39,
  time: { from: 'now-15m', to: 'now' },
  templating: { list: [{ name: 'source', type: 'datasource', query: 'prometheus' }] },
  panels: placed(panels),
});

/** The texts of the dashboards by the names of their files. */
export async function dashboards(): Promise<Map<string, string>> {
  const all = {
    'overview.json': dashboard('yuzhi-overview', '豫知 · Yuzhi', overview),
    'saturation.json': dashboard('yuzhi-saturation', '豫知饱和度 · Yuzhi saturation', saturation),
  };
  const texts = Object.entries(all).map(async ([name, body]) => {
    const text = await prettier.format(JSON.stringify(body), { parser: 'json', printWidth: 120 });
    return [name, text] as const;
  });
  return new Map(await Promise.all(texts));
}

const folder = fileURLToPath(new URL('../deploy/grafana/', import.meta.url));
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, text] of await dashboards()) writeFileSync(folder + name, text);
}
