import { formatExact } from '@yuzhi/money/format';
import { toRmbCapital } from '@yuzhi/money/capital';
import { gather } from './cast.ts';
import { viewsOf } from './demo-views.ts';
import { readAddresses } from './journeys.config.ts';
import { Stage } from './stage.ts';
import { StraightLine } from './straight-line.ts';

const zh = !process.argv.includes('--en') && !process.argv.includes('en');
const locale = zh ? 'zh' : 'en';
const money = (fen: string | null | undefined) => (fen == null ? '—' : formatExact(BigInt(fen), locale));
const words = (chinese: string, english: string) => (zh ? chinese : english);
const TIME = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai', dateStyle: 'short', timeStyle: 'medium' });
const time = (at: number) => TIME.format(new Date(at));

let count = 0;
async function step<T>(title: string, act: () => Promise<T>, show: (seen: T) => string[]): Promise<T> {
  console.log(`\n${++count}. ${title}   ${time(await stage.now())}`);
  const seen = await act();
  for (const shown of show(seen)) console.log(`   ${shown}`);
  return seen;
}
/** The same of the sale, and then what each of the cast sees of it. */
async function saleStep<T>(title: string, act: () => Promise<T>, show: (seen: T) => string[]): Promise<void> {
  await step(title, act, show);
  console.log(words('   各方所见', '   What each sees'));
  for (const { who, sees } of await viewsOf(cast, line.sale.saleId, money)) {
    console.log(`     ${who[locale]}: ${sees.map((one) => one[locale]).join(' · ') || '—'}`);
  }
}

const stage = new Stage(readAddresses());
console.log(words('豫知 · 一件专利的交易全程（演示数据）', 'Yuzhi · one patent from listing to payout (demo data)'));

const cast = await step(
  words('机构与人员', 'Organisations and people'),
  () => gather(stage),
  ({ university, firmA, firmB, inventors }) => [
    ...[university, firmA, firmB].map(({ name, nameEn, uscc }) => `${uscc}  ${words(name, nameEn)}`),
    `${words('发明人', 'inventors')}: ${inventors.map(({ name }) => name).join(', ')}`,
  ],
);
const line = new StraightLine(stage, cast, 80_000);

const { patentNumber } = await step(
  words('登记簿镜像', 'Mirror of the register'),
  () => line.patent(),
  ({ patentNumber: number, entry }) => [
    `${number}  ${words(entry!.title.zh, entry!.title.en)}`,
    `${words('权利人', 'owner')}: ${entry!.owners.map(({ name }) => name).join(', ')}`,
    `${words('年费已缴至第', 'annuities paid through year')} ${entry!.annuity.paidThroughYear}`,
  ],
);
await saleStep(
  words('挂牌公告', 'The listing is announced'),
  () => line.list(patentNumber),
  ({ saleId, terms }) => [
    `saleId ${saleId}`,
    `${words('起始价', 'start price')} ${money(terms.startPriceFen)}`,
    `${words('加价幅度', 'increment')} ${money(terms.incrementFen)}`,
    `${words('保证金', 'deposit')} ${money(terms.depositFen)}`,
  ],
);
await saleStep(
  words('报名与保证金', 'Registration and deposits'),
  () => line.admit(),
  ({ firmA, firmB }) => [
    words(
      `竞买号牌：甲 ${firmA}，乙 ${firmB}（身份保密，仅显示号牌）`,
      `paddles: A ${firmA}, B ${firmB} (identities stay confidential)`,
    ),
  ],
);
await saleStep(
  words('网络竞价', 'Online bidding'),
  () => line.bid(),
  ({ late, ended }) => [
    words(
      `限时报价中 ${time(late.at)} 的报价开启第 ${late.cycle} 轮`,
      `the quote at ${time(late.at)} opened cycle ${late.cycle}`,
    ),
    words(
      `成交：${ended.result!.paddle} 号，${money(ended.result!.priceFen)}`,
      `sold to paddle ${ended.result!.paddle} at ${money(ended.result!.priceFen)}`,
    ),
  ],
);
await saleStep(
  words('成交公示', 'Result notice'),
  () => line.result(),
  ({ notice, loser }) => [
    words(`公示至 ${time(notice.noticeUntil!)}`, `objections until ${time(notice.noticeUntil!)}`),
    words(
      `未成交人保证金 ${money(loser.amountFen)} 已退回`,
      `the loser's deposit of ${money(loser.amountFen)} went back`,
    ),
  ],
);
await saleStep(
  words('合同签署', 'The contract'),
  () => line.contract(),
  ({ deal, pdf, genuine, changed }) => [
    `${money(deal.priceFen)}   ${toRmbCapital(BigInt(deal.priceFen))}`,
    `SHA-256 ${deal.sealedHash}   ${(pdf.length / 1024).toFixed(0)} KB`,
    words(
      `核验：原件${genuine.valid ? '有效' : '无效'}，改动一字节${changed.valid ? '有效' : '无效'}`,
      `the original is ${genuine.valid ? 'valid' : 'invalid'}, one byte changed ${changed.valid ? 'valid' : 'invalid'}`,
    ),
    words(genuine.notice?.zh ?? '', genuine.notice?.en ?? ''),
  ],
);
await saleStep(
  words('价款托管', 'Escrow'),
  () => line.fund(),
  ({ deal, money: held }) => [
    words(
      `托管 ${money(held.escrowFen)}，登记前不放款；当前：${deal.state}`,
      `in escrow ${money(held.escrowFen)}; nothing is released before registration; now ${deal.state}`,
    ),
  ],
);
await saleStep(
  words('转让登记', 'Registration'),
  () => line.register(),
  ({ filing, patent }) => [
    words(
      `${filing.registeredOn} 登记生效，${filing.noticeNumber}`,
      `registered on ${filing.registeredOn}, ${filing.noticeNumber}`,
    ),
    `${words('新权利人', 'new owner')}: ${patent.entry!.owners[0]!.name}`,
  ],
);
await saleStep(
  words('放款与结清', 'Release and payout'),
  () => line.close(),
  ({ money: paid, balance, rail, record }) => [
    `${words('成交价', 'price')} ${money(paid.priceFen)}`,
    `${words('平台服务费', 'platform fee')} ${money(paid.split!.feeFen)}`,
    `${words('成本', 'costs')} ${money(paid.split!.costsFen)}`,
    `${words('净收入', 'net income')} ${money(paid.split!.netFen)}`,
    ...paid.split!.inventors.map(
      ({ amountFen }, i) => `${words('发明人', 'inventor')} ${cast.inventors[i]!.name}  ${money(amountFen)}`,
    ),
    `${words('权利人所得', 'to the seller')} ${money(paid.split!.sellerFen)}`,
    words(
      `总账合计 ${money(balance.sumFen)}，与支付通道差额 ${money(rail.differenceFen)}`,
      `the book sums to ${money(balance.sumFen)}, the rail differs by ${money(rail.differenceFen)}`,
    ),
    words('全程记录：', 'the record:'),
    ...record.flatMap(({ at, sentence, reason, actor }) => [
      `  ${time(at)}  ${sentence[locale]}`,
      `    ${words('经办', 'by')} ${actor.party}  ${words('缘由', 'why')} ${reason?.[locale] ?? '—'}`,
    ]),
  ],
);
