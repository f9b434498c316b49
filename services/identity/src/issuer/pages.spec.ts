import { describe, expect, it } from '@jest/globals';
import { errors } from 'oidc-provider';
import { elsewhere, faultOf, FormTooLarge, refusedSignIn } from './faults.ts';
import { type Fault, faultPage, signedOutPage, signInPage, signOutPage } from './pages.ts';

const faults: Fault[] = [
  ...['invalid_client', 'invalid_redirect_uri', 'invalid_request', 'server_error', 'temporarily_unavailable'].map(
    (code) => refusedSignIn(code, 'as the protocol says it'),
  ),
  elsewhere('https://issuer.example'),
  ...[new errors.SessionNotFound('gone'), new FormTooLarge(), new Error('no database')].map(faultOf),
];

describe('every page of the issuer', () => {
  const pages = [
    ...[true, false].map((wrong) => signInPage('/oidc/interaction/x', 'zhao', wrong)),
    signOutPage('<form id="op.logoutForm"></form>'),
    signedOutPage(),
    ...faults.map(faultPage),
  ];

  it.each(pages)('says which of its words are English: %#', (html) => {
    const body = html.slice(html.indexOf('<main>'));
    const chinese = body.replaceAll(/<(span|code) lang="en">.*?<\/\1>/g, '').replaceAll(/<[^>]*>/g, '');
    expect(body).toMatch(/lang="en">\w+/);
    expect(chinese).not.toMatch(/[A-Za-z]{2,} [A-Za-z]{2,}/);
  });
});

describe('a fault', () => {
  it.each(faults)('says why and what to do next, in both languages: $en', ({ zh, en, next }) => {
    for (const words of [zh, next.zh]) expect(words).toMatch(/^.*\p{sc=Han}.*。$/u);
    for (const words of [en, next.en]) expect(words).toMatch(/^[A-Z][^\p{sc=Han}]+\.$/u);
  });

  it('shows what the protocol said, and no markup of it', () => {
    expect(faultPage(refusedSignIn('invalid_request', '<b>'))).toContain('invalid_request: &lt;b&gt;');
    expect(refusedSignIn('invalid_client').detail).toBe('invalid_client');
  });
});
