import { ServiceEnvironment } from '@yuzhi/chassis/config';
import { issuer } from '@yuzhi/protocol/identity';
import { line } from '@yuzhi/protocol/scalars';
import { Uscc } from '@yuzhi/protocol/uscc';
import { z } from 'zod';

export const IdentityEnvironment = ServiceEnvironment.extend({
  /** Where the gateway is reached from outside; the embedded issuer lives under `/oidc` of it. */
  publicUrl: z.url(),
  /** Encrypts the issuer's keys at rest and signs its cookies. */
  identitySecret: z.string().min(32),
  /** Seconds that a person's access token is good for. */
  accessTokenSeconds: z.coerce.number().int().min(30).max(86_400).default(900),
  /** The same of an API client, which needs nobody to get another. */
  clientTokenSeconds: z.coerce.number().int().min(5).max(86_400).default(900),
  /** More redirect addresses of the portal's sign-in, separated by blanks. */
  portalRedirectUris: z
    .string()
    .default('')
    .transform((list) => list.split(/\s+/).filter(Boolean)),
  /** The operator's own organisation, founded at the first start; by default it says that it is a demonstration. */
  platformUscc: Uscc,
  platformName: line(120).default('豫知平台（演示）'),
  platformNameEn: line(200).default('Yuzhi (demonstration)'),
  /** GB/T 2260, six digits. */
  platformRegion: z
    .string()
    .regex(/^\d{6}$/)
    .default('410100'),
  platformAddress: line(200).default('河南省郑州市（演示地址）'),
  platformRepresentative: line(60).default('平台负责人（演示）'),
  /** Of the embedded issuer: the administrator's login. */
  platformAdmin: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{2,39}$/)
    .optional(),
  platformAdminPassword: z.string().min(10).optional(),
  /** Of any other issuer: the subject by which it names the administrator. */
  platformAdminSubject: z.string().min(1).max(255).optional(),
})
  .refine(
    ({ issuerUrl, publicUrl, platformAdminSubject }) => platformAdminSubject || issuerUrl === publicUrl + issuer.prefix,
    {
      path: ['platformAdminSubject'],
      error: 'another issuer than the embedded one needs it',
    },
  )
  .refine(
    ({ platformAdminSubject, platformAdmin, platformAdminPassword }) =>
      platformAdminSubject || (platformAdmin && platformAdminPassword),
    {
      path: ['platformAdmin'],
      error: 'the embedded issuer needs PLATFORM_ADMIN and PLATFORM_ADMIN_PASSWORD',
    },
  );
export type IdentityConfig = z.output<typeof IdentityEnvironment>;

/** Whether people sign in here, and not at another issuer. */
export const isEmbedded = ({ platformAdminSubject }: Pick<IdentityConfig, 'platformAdminSubject'>): boolean =>
  platformAdminSubject === undefined;
