import type { Refusals } from './declare.ts';

const again = { zh: '请稍后用同一幂等键重试。', en: 'Try again shortly with the same Idempotency-Key.' };

/** What the door itself and the write path answer, whatever the command. */
export const platformRefusals = {
  'malformed-request': {
    status: 400,
    zh: '请求无法解析。',
    en: 'The request cannot be read.',
    next: { zh: '请检查 JSON 语法与请求头。', en: 'Check the JSON syntax and the headers.' },
  },
  'sign-in-first': {
    status: 401,
    zh: '请先登录。',
    en: 'Sign in first.',
    next: { zh: '获取新的访问令牌后重试。', en: 'Get a new access token and try again.' },
  },
  forbidden: {
    status: 403,
    zh: '您的岗位无权进行此操作。',
    en: 'Your role may not do this.',
    next: { zh: '切换机构或请管理员授权。', en: 'Choose another organisation or ask its administrator.' },
  },
  'not-found': {
    status: 404,
    zh: '没有找到所请求的内容。',
    en: 'There is nothing here.',
    next: { zh: '请核对地址与编号。', en: 'Check the address and the number.' },
  },
  'method-not-allowed': {
    status: 405,
    zh: '该地址不支持此方法。',
    en: 'This address does not know that method.',
    next: { zh: '请查阅接口文档。', en: 'See the API reference.' },
  },
  'request-too-large': {
    status: 413,
    zh: '请求过大。',
    en: 'The request is too large.',
    next: { zh: '请缩小请求内容。', en: 'Send less at once.' },
  },
  'headers-too-large': {
    status: 431,
    zh: '请求头过大。',
    en: 'The headers of the request are too large.',
    next: { zh: '请缩短请求头，地址也计入其中。', en: 'Shorten the headers; the address counts among them.' },
  },
  'unsupported-media-type': {
    status: 415,
    zh: '不支持的内容类型。',
    en: 'This media type is not accepted here.',
    next: { zh: '请使用 application/json。', en: 'Use application/json.' },
  },
  'invalid-input': {
    status: 422,
    zh: '提交的内容不符合要求。',
    en: 'What was sent does not fit.',
    next: { zh: '请按 issues 中的提示逐项修改。', en: 'Mend the fields named in `issues`.' },
  },
  'idempotency-key-reused': {
    status: 422,
    zh: '该幂等键已用于内容不同的请求。',
    en: 'The idempotency key was used for another request.',
    next: { zh: '请更换幂等键。', en: 'Use a new key for a new request.' },
  },
  'log-unavailable': {
    status: 503,
    zh: '消息日志暂不可用，请求可能尚未受理。',
    en: 'The log does not answer; the request may or may not have been taken.',
    next: again,
    transient: true,
  },
  'owner-unavailable': {
    status: 503,
    zh: '该服务暂不可用。',
    en: 'The service that knows this does not answer.',
    next: again,
    transient: true,
  },
  'too-many-requests': {
    status: 429,
    zh: '请求过于频繁。',
    en: 'Too many requests.',
    next: { zh: '请按 Retry-After 的时间稍候。', en: 'Wait as Retry-After says.' },
    transient: true,
  },
  overloaded: {
    status: 503,
    zh: '平台繁忙，该请求未受理。',
    en: 'The platform is busy; this request was not taken.',
    next: again,
    transient: true,
  },
  'internal-fault': {
    status: 500,
    zh: '平台内部错误，该请求已留存待修复。',
    en: 'The platform failed on this request; it is kept for repair.',
    next: { zh: '请联系客服并提供编号。', en: 'Contact us with the operation id.' },
  },
} as const satisfies Refusals;

export type PlatformRefusal = keyof typeof platformRefusals;
