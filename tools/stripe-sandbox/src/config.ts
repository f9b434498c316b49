import { z } from 'zod';

const schema = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).describe('the database that keeps its state'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(12_111),
  HOST: z.string().default('127.0.0.1'),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('where browsers reach it'),
});
export type Config = z.output<typeof schema>;

/** Reads the environment. Throws one error that names everything wrong with it. */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const result = schema.safeParse(environment);
  if (result.success) return result.data;
  throw new Error(`The Stripe sandbox cannot start:\n${z.prettifyError(result.error)}`);
}

export const config = (): Config => readConfig(process.env);
