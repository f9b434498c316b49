import { formatExact } from '@yuzhi/money/format';
import type { Intent, MethodType, Session } from '../states.ts';
import { type Locale, escaped, page } from './layout.ts';

const WORDS = {
  zh: {
    title: '付款',
    methods: '付款方式',
    alipay: '支付宝（演示）',
    wechat_pay: '微信支付（演示）',
    card: '银行卡（演示，尾号 4242）',
    pay: '确认支付',
    fail: '模拟支付失败',
    cancel: '取消并返回',
    failed: '付款没有成功，您没有被扣款。请换一种方式再试，或取消返回。',
    complete: '这笔付款已经完成，无需再付。',
    expired: '这个付款页面已失效。请回到原来的网站重新发起付款。',
    canceled: '这笔付款已取消。请回到原来的网站重新发起付款。',
    closed: '这笔付款现在不能在这里支付。请回到原来的网站查看状态。',
    missing: '没有找到这笔付款。请检查链接是否完整。',
    quantity: '数量',
  },
  en: {
    title: 'Payment',
    methods: 'Pay with',
    alipay: 'Alipay (demonstration)',
    wechat_pay: 'WeChat Pay (demonstration)',
    card: 'Card (demonstration, ending 4242)',
    pay: 'Pay now',
    fail: 'Simulate a failed payment',
    cancel: 'Cancel and go back',
    failed: 'The payment did not go through and you were not charged. Try another way, or cancel and go back.',
    complete: 'This payment is complete: there is nothing left to pay.',
    expired: 'This payment page has expired. Go back to the website and start again.',
    canceled: 'This payment was canceled. Go back to the website and start again.',
    closed: 'This payment cannot be made here now. Go back to the website to see where it stands.',
    missing: 'No such payment. Check that the link is complete.',
    quantity: 'Quantity',
  },
};
export type Closed = 'canceled' | 'closed' | 'complete' | 'expired' | 'missing';

/** What is to be paid, whichever object asks for it. */
export interface Bill {
  id: string;
  amountFen: bigint;
  methods: MethodType[];
  description: string | null;
  lines: Session['lines'];
  canGoBack: boolean;
  hasFailed: boolean;
}

export const sessionBill = (session: Session, intent: Intent | undefined): Bill => ({
  id: session.id,
  amountFen: session.amountFen,
  methods: session.methodTypes,
  description: session.intentData.description,
  lines: session.lines,
  canGoBack: session.cancelUrl !== null,
  hasFailed: intent?.lastError != null,
});

export const intentBill = (intent: Intent): Bill => ({
  id: intent.id,
  amountFen: intent.amountFen,
  methods: intent.method ? [intent.method.type] : [],
  description: intent.description,
  lines: [],
  canGoBack: intent.returnUrl !== null,
  hasFailed: false,
});

/** What there is to say instead of a bill. */
export function closedPage(locale: Locale, why: Closed): string {
  const words = WORDS[locale];
  return page(locale, words.title, `<h1>${words.title}</h1>\n<p>${words[why]}</p>`);
}

export function checkoutPage(locale: Locale, bill: Bill): string {
  const words = WORDS[locale];
  const rows = bill.lines.map(({ name, description, unitFen, quantity }) => {
    const fen = BigInt(unitFen) * BigInt(quantity);
    const note = description ? `<br><small>${escaped(description)}</small>` : '';
    const times = quantity > 1 ? `<br><small>${words.quantity} ${quantity}</small>` : '';
    return `<tr><td>${escaped(name)}${note}${times}</td><td>${formatExact(fen, locale)}</td></tr>`;
  });
  const choices = bill.methods.map((method, index) => {
    const checked = index === 0 ? ' checked' : '';
    return `<label><input type="radio" name="method" value="${method}"${checked}> ${words[method]}</label>`;
  });
  const cancel = `./${encodeURIComponent(bill.id)}/cancel`;
  const back = `<form method="post" action="${cancel}"><button type="submit">${words.cancel}</button></form>`;
  return page(
    locale,
    words.title,
    `<h1>${words.title}</h1>
${bill.description ? `<p class="quiet">${escaped(bill.description)}</p>` : ''}
<p class="amount">${formatExact(bill.amountFen, locale)}</p>
${bill.hasFailed ? `<p class="alert" role="alert">${words.failed}</p>` : ''}
${rows.length > 0 ? `<table>${rows.join('')}</table>` : ''}
<form method="post" action="?locale=${locale}">
<fieldset><legend>${words.methods}</legend>${choices.join('\n')}</fieldset>
<button class="main" type="submit" name="outcome" value="succeeded">${words.pay}</button>
<button type="submit" name="outcome" value="failed">${words.fail}</button>
</form>
${bill.canGoBack ? back : ''}`,
  );
}
