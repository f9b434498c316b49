import { z } from 'zod';

/** Everything a journey is told: addresses that anybody could be told, and the first administrator's login. */
const Environment = z.object({
  YUZHI_URL: z.url(),
  /** Of the doubles: their control APIs stand for what people and offices outside do. */
  YUZHI_STRIPE_SANDBOX_URL: z.url(),
  YUZHI_PATENT_OFFICE_URL: z.url(),
  YUZHI_ADMIN: z.string(),
  YUZHI_ADMIN_PASSWORD: z.string(),
  YUZHI_PLATFORM_USCC: z.string(),
});

export interface Addresses {
  url: string;
  stripeSandboxUrl: string;
  patentOfficeUrl: string;
  admin: { loginName: string; password: string };
  platform: string;
}

/** Throws, naming every variable that is missing or malformed. */
export function readAddresses(environment: NodeJS.ProcessEnv = process.env): Addresses {
  const read = Environment.safeParse(environment);
  if (!read.success) throw new Error(`the platform cannot be found:\n${z.prettifyError(read.error)}`);
  const given = read.data;
  return {
    url: given.YUZHI_URL,
    stripeSandboxUrl: given.YUZHI_STRIPE_SANDBOX_URL,
    patentOfficeUrl: given.YUZHI_PATENT_OFFICE_URL,
    admin: { loginName: given.YUZHI_ADMIN, password: given.YUZHI_ADMIN_PASSWORD },
    platform: given.YUZHI_PLATFORM_USCC,
  };
}
