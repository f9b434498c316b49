import type { Words } from '@yuzhi/protocol/declare';

const escape = (text: string) =>
  text.replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c]!);

const STYLE = `
  :root { color-scheme: light dark; --ink: #1a1f2b; --paper: #f5f7fa; --card: #fff; --line: #8a94a3;
    --blue: #1554ad; --red: #b42318 }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e8ecf2; --paper: #0f141c; --card: #171e29; --line: #6e7b8d; --blue: #7fb0ff; --red: #ff8a7a } }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--paper); color: var(--ink);
    font: 16px/26px -apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans SC", sans-serif }
  main { background: var(--card); padding: 32px; border-radius: 6px; width: min(360px, calc(100vw - 64px)) }
  h1 { font-size: 24px; line-height: 32px; margin: 0 0 4px; font-weight: 600 }
  label { display: block; margin: 16px 0 4px }
  input { box-sizing: border-box; width: 100%; padding: 8px 12px; border: 1px solid var(--line); border-radius: 4px;
    font: inherit; background: transparent; color: inherit }
  button { margin-top: 24px; width: 100%; padding: 10px; border: 0; border-radius: 4px; background: #1554ad;
    color: #fff; font: inherit }
  :focus-visible { outline: 2px solid var(--blue); outline-offset: 2px }
  [role=alert] { color: var(--red); margin: 16px 0 0 }`;

function page(title: string, body: string): string {
  return `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escape(title)}</title><style>${STYLE}</style></head><body><main>${body}</main></body></html>`;
}

/** The page is Chinese; whatever reads it aloud is told what is not. */
const english = (text: string) => `<span lang="en">${escape(text)}</span>`;

/** The sign-in form of one interaction; `wrong` after a login that failed. */
export function signInPage(action: string, loginName: string, wrong: boolean): string {
  const said = english('Wrong login name or password, or too many attempts.');
  const alert = wrong ? `<p role="alert" id="wrong">登录名或密码不正确，或账号因多次失败暂停登录。<br>${said}</p>` : '';
  const state = wrong ? ' aria-invalid="true" aria-describedby="wrong"' : '';
  return page(
    '登录 · 豫知 Yuzhi',
    `<h1>登录豫知</h1>${english('Sign in to Yuzhi')}
<form method="post" action="${escape(action)}">
<label for="login">登录名 ${english('Login name')}</label>
<input id="login" name="loginName" autocomplete="username" required maxlength="40" autofocus${state}
  value="${escape(loginName)}">
<label for="password">密码 ${english('Password')}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="200"${state}>
${alert}<button>登录 ${english('Sign in')}</button></form>`,
  );
}

/** Asks before a sign-out, with the form that the issuer made for it. */
export const signOutPage = (form: string): string =>
  page(
    '退出 · 豫知 Yuzhi',
    `<h1>退出登录？</h1>${english('Sign out of Yuzhi?')}${form}
<button autofocus form="op.logoutForm" name="logout" value="yes">退出 ${english('Sign out')}</button>
<button form="op.logoutForm">保持登录 ${english('Stay signed in')}</button>`,
  );
export const signedOutPage = (): string =>
  page('退出 · 豫知 Yuzhi', `<h1>已退出登录</h1>${english('You are signed out.')}`);

/** Why nobody can sign in here, or not so. */
export interface Fault extends Words {
  next: Words;
  /** What its maker should be told, as the protocol says it. */
  detail?: string;
}

/** Whatever went wrong on the issuer's own pages. */
export const faultPage = ({ zh, en, next, detail }: Fault): string =>
  page(
    '登录 · 豫知 Yuzhi',
    `<h1>无法登录</h1>${english('You cannot sign in')}
<p>${escape(zh)}${escape(next.zh)}</p>
<p>${english(`${en} ${next.en}`)}</p>${detail ? `<p><code lang="en">${escape(detail)}</code></p>` : ''}`,
  );
