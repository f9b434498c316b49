import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { told } from './peers.config.ts';

const issuer = told('ISSUER_URL');
const keys = createRemoteJWKSet(new URL(told('JWKS_URL')));

export interface SignedIn {
  headers: Record<string, string | undefined>;
  person?: string;
}
export const partyOf = ({ headers, person }: SignedIn): string => headers['x-organisation'] ?? person!;

/** Verifies the platform's own tokens, each time anew. */
@Injectable()
export class TokenGuard implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<SignedIn>();
    const token = request.headers['authorization']?.replace(/^Bearer /, '');
    if (!token) throw new UnauthorizedException();
    const { payload } = await jwtVerify(token, keys, { issuer, audience: 'yuzhi' });
    request.person = payload.sub!;
    return true;
  }
}
