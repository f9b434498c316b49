import type { Account } from '../states.ts';
import { type Locale, escaped, page } from './layout.ts';

const WORDS = {
  zh: {
    title: '收款账户开通（演示）',
    company: '企业或单位',
    person: '个人',
    explain: '填写收款人名称与银行账户尾号即可开通。这里不核验身份，也请不要填写真实的银行账户。',
    holder: '收款人名称',
    last4: '银行账户最后四位数字',
    submit: '提交并开通',
    later: '以后再说',
    wrong: '请填写收款人名称和四位数字的账户尾号。',
    expired: '这个链接已失效：每个链接只能在五分钟内使用一次。请回到原来的网站重新获取。',
  },
  en: {
    title: 'Set up payouts (demonstration)',
    company: 'Organisation',
    person: 'Individual',
    explain:
      'Name the payee and give the last digits of a bank account. ' +
      'Nobody checks an identity here: do not enter a real account.',
    holder: "Payee's name",
    last4: 'Last four digits of the bank account',
    submit: 'Submit',
    later: 'Later',
    wrong: 'Enter a name and four digits.',
    expired: 'This link no longer works: each is for one visit within five minutes. Get a new one from the website.',
  },
};

export function deadLinkPage(locale: Locale): string {
  const words = WORDS[locale];
  return page(locale, words.title, `<h1>${words.title}</h1>\n<p>${words.expired}</p>`);
}

/** What somebody filled in that cannot be taken: it is shown again. */
export interface Typed {
  holder: string;
  last4: string;
}

export function onboardingPage(locale: Locale, account: Account, wrong?: Typed): string {
  const words = WORDS[locale];
  const kind = account.entity === 'individual' ? words.person : words.company;
  const who = account.entity === null ? account.id : `${kind} · ${account.id}`;
  const { holder, last4 } = wrong ?? { holder: account.legalName ?? account.displayName ?? '', last4: '6789' };
  return page(
    locale,
    words.title,
    `<h1>${words.title}</h1>
<p class="quiet">${escaped(who)}</p>
<p>${words.explain}</p>
${wrong ? `<p class="alert" role="alert">${words.wrong}</p>` : ''}
<form method="post" action="?locale=${locale}">
<label>${words.holder}
<input type="text" name="holder" value="${escaped(holder)}" maxlength="100" autocomplete="off"></label>
<label>${words.last4}
<input type="text" name="last4" value="${escaped(last4)}" inputmode="numeric" maxlength="4" autocomplete="off"></label>
<button class="main" type="submit" name="action" value="complete">${words.submit}</button>
<button type="submit" name="action" value="later">${words.later}</button>
</form>`,
  );
}
