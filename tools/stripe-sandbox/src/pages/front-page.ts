import { type Locale, page } from './layout.ts';

const WORDS = {
  zh: {
    title: '支付通道的替身',
    what: '这里代替 Stripe 回答平台的请求：演示与测试用，不收付任何真实款项，也不接受正式密钥。',
    pay: '付款页面由付款单打开（“去支付”返回其地址）。',
    onboard: '收款账户页面由收款方开通账户时打开。',
    control: '控制接口（时钟、设置、故障、回调）的汇总：',
  },
  en: {
    title: 'A stand-in for the payment rail',
    what:
      'This answers the platform in place of Stripe, for demonstrations and tests: ' +
      'it moves no money and refuses live keys.',
    pay: 'A payment page is opened by a payment order: its checkout answers the address.',
    onboard: 'The page of a payee account is opened when a payee sets up payouts.',
    control: 'What it holds, by its control interface (clock, settings, faults, webhooks):',
  },
};

/** For whoever opens the sandbox's own address. */
export function frontPage(locale: Locale): string {
  const { title, what, pay, onboard, control } = WORDS[locale];
  return page(
    locale,
    title,
    `<h1>${title}</h1>
<p>${what}</p>
<p>${pay}</p>
<p>${onboard}</p>
<p>${control} <a href="/_sandbox/summary">/_sandbox/summary</a></p>`,
  );
}
