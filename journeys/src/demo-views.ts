import { getRegistration } from '@yuzhi/protocol/bidding';
import { getDeal } from '@yuzhi/protocol/contracts';
import type { AnswerOf, Words } from '@yuzhi/protocol/declare';
import { getReconciliation, getSaleMoney, getTrialBalance, listOrders } from '@yuzhi/protocol/escrow';
import { getListing } from '@yuzhi/protocol/listings';
import { Refused } from '@yuzhi/protocol/refused';
import type { Cast } from './cast.ts';

/** Amounts as the reader of the demonstration has them, from digits of fen. */
type Money = (fen: string) => string;
/** What one of the cast sees on asking for himself. */
export interface View {
  who: Words;
  sees: Words[];
}

const LISTING: Record<AnswerOf<typeof getListing>['status'], string> = {
  draft: '草稿',
  'in-review': '待审核',
  returned: '已退回',
  withdrawn: '已撤回',
  reserving: '保留专利中',
  opening: '开设竞价中',
  announced: '公告中',
  'result-notice': '成交公示',
  contracting: '签约履约',
  sold: '已成交',
  unsold: '未成交',
};
const DEAL: Record<AnswerOf<typeof getDeal>['state'], string> = {
  confirming: '核对权利',
  drafting: '拟定合同',
  signing: '待签署',
  sealing: '封存合同',
  expecting: '开立价款',
  paying: '待付款',
  filing: '提交登记',
  registering: '登记中',
  releasing: '放款中',
  'paying-out': '付款中',
  closed: '已结清',
};
type OrderState = AnswerOf<typeof listOrders>['items'][number]['state'];
const ORDER: Record<OrderState, string> = {
  open: '待付',
  paid: '已托管',
  returning: '退回中',
  returned: '已退回',
  applied: '已抵价款',
  closed: '已关闭',
};
type PayoutState = AnswerOf<typeof getSaleMoney>['payouts'][number]['state'];
const PAYOUT: Record<PayoutState, string> = {
  waiting: '等待收款账户',
  transferring: '划付中',
  'paying-out': '出款中',
  paid: '已到账',
  blocked: '受阻',
};

/** What is asked, or nothing where it is not there yet, or not for his eyes. */
const seen = <T>(asking: Promise<T>): Promise<T | undefined> =>
  asking.catch((error: unknown) => {
    if (error instanceof Refused) return undefined;
    throw error;
  });
const told = (zh: string, en: string): Words => ({ zh, en });

/** A sale at one moment, by everyone in the cast, each through his own sign-in. */
export async function viewsOf(cast: Cast, saleId: string, money: Money): Promise<View[]> {
  const { university, firmA, firmB, inventors, desk, ops } = cast;
  const payoutOf = async (client: Cast['ops'], party: string) => {
    const answer = await seen(client.ask(getSaleMoney, { saleId }));
    const payouts = answer?.payouts.filter((payout) => payout.party === party) ?? [];
    return payouts.map(({ amountFen, state }) =>
      told(`应得 ${money(amountFen)} ${PAYOUT[state]}`, `is due ${money(amountFen)}, ${state}`),
    );
  };
  const dealOf = async (client: Cast['ops']) => {
    const deal = await seen(client.ask(getDeal, { saleId }));
    return deal ? [told(`交易${DEAL[deal.state]}`, `deal ${deal.state}`)] : [];
  };

  const seller = async () => {
    const { client, uscc } = university;
    const { status } = await client.ask(getListing, { saleId });
    const held = await seen(client.ask(getSaleMoney, { saleId }));
    const listed = told(`挂牌${LISTING[status]}`, `listing ${status}`);
    const escrow = held && told(`托管 ${money(held.escrowFen)}`, `${money(held.escrowFen)} in escrow`);
    return [listed, ...(await dealOf(client)), ...(escrow ? [escrow] : []), ...(await payoutOf(client, uscc))];
  };
  const bidder = async ({ client }: Cast['firmA']) => {
    const registration = await seen(client.ask(getRegistration, { saleId }));
    const orders = (await seen(client.ask(listOrders, { saleId })))?.items ?? [];
    const { paddle } = registration ?? {};
    return [
      paddle ? told(`号牌 ${paddle}`, `paddle ${paddle}`) : told('未报名', 'not registered'),
      ...(await dealOf(client)),
      ...orders.map(({ purpose, amountFen, state }) =>
        purpose === 'deposit'
          ? told(`保证金 ${money(amountFen)} ${ORDER[state]}`, `deposit ${money(amountFen)} ${state}`)
          : told(
              `价款 ${money(amountFen)} ${state === 'paid' ? '已付' : ORDER[state]}`,
              `price ${money(amountFen)} ${state}`,
            ),
      ),
    ];
  };
  const clerk = async () => {
    const { status } = await desk.ask(getListing, { saleId });
    return [told(`挂牌${LISTING[status]}`, `listing ${status}`), ...(await dealOf(desk))];
  };
  const engineer = async () => {
    const { sumFen } = await ops.ask(getTrialBalance, {});
    const { differenceFen } = await ops.ask(getReconciliation, {});
    const rail = told(`与支付通道差额 ${money(differenceFen)}`, `the rail differs by ${money(differenceFen)}`);
    return [told(`总账合计 ${money(sumFen)}`, `the book sums to ${money(sumFen)}`), rail];
  };
  const [inventor] = inventors;
  return [
    { who: told('权利人', 'seller'), sees: await seller() },
    { who: told('竞买人甲', 'bidder A'), sees: await bidder(firmA) },
    { who: told('竞买人乙', 'bidder B'), sees: await bidder(firmB) },
    { who: told('第一发明人', 'first inventor'), sees: await payoutOf(inventor!.client, inventor!.id) },
    { who: told('平台审核', 'desk'), sees: await clerk() },
    { who: told('平台运维', 'ops'), sees: await engineer() },
  ];
}
