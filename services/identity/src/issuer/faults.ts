import { errors } from 'oidc-provider';
import type { Fault } from './pages.ts';

/** More than a login name and a password. */
export class FormTooLarge extends Error {}

const AGAIN = {
  zh: '请返回原来的应用，重新登录。',
  en: 'Go back to where you came from and start again.',
};
const LATER = { zh: '请稍后再试。', en: 'Try again shortly.' };
const TELL = {
  zh: '请返回原来的应用，重新登录；仍不成功时，请将下面的代码告知其提供者。',
  en: 'Go back to where you came from and start again; if it fails again, tell whoever made it the code below.',
};

/** By the code of RFC 6749 and OpenID Connect. */
const REASONS: Record<string, Fault> = {
  invalid_client: {
    zh: '本平台没有登记该应用。',
    en: 'The application that sent you is not registered here.',
    next: TELL,
  },
  invalid_redirect_uri: {
    zh: '该应用要求返回的地址没有登记。',
    en: 'The address to which the application wants you back is not registered.',
    next: TELL,
  },
  server_error: { zh: '登录服务出错。', en: 'Sign-in failed on our side.', next: LATER },
  temporarily_unavailable: { zh: '登录服务暂不可用。', en: 'Sign-in is not available.', next: LATER },
};
const UNREADABLE: Fault = {
  zh: '该应用的登录请求有误。',
  en: 'The application asked for a sign-in in a way that is not understood.',
  next: TELL,
};

/** Of what the protocol refuses without sending anybody back. */
export const refusedSignIn = (error: string, description = ''): Fault => ({
  ...(REASONS[error] ?? UNREADABLE),
  detail: description ? `${error}: ${description}` : error,
});

export const elsewhere = (issuerUrl: string): Fault => ({
  zh: '本平台的账号由外部登录系统管理。',
  en: 'Accounts of this platform are kept by another issuer.',
  next: { zh: `请在 ${issuerUrl} 登录。`, en: `Sign in at ${issuerUrl}.` },
});

export function faultOf(error: unknown): Fault & { status: number } {
  if (error instanceof errors.SessionNotFound) {
    return { status: 400, zh: '登录已过期。', en: 'This sign-in has expired.', next: AGAIN };
  }
  if (error instanceof FormTooLarge) {
    const next = { zh: '请只填写登录名和密码。', en: 'Enter a login name and a password, and nothing else.' };
    return { status: 413, zh: '提交的内容过大。', en: 'That is more than a sign-in.', next };
  }
  return { status: 503, zh: '登录服务暂不可用。', en: 'Sign-in is not available.', next: LATER };
}
