import { z } from 'zod';

const Environment = z.object({
  PATENT_OFFICE_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  PATENT_OFFICE_PORT: z.coerce.number().int().min(0).max(65_535).default(4100),
});

/** Throws one error that names every variable that is missing or wrong. */
export function patentOfficeConfig(env: NodeJS.ProcessEnv = process.env): { databaseUrl: string; port: number } {
  const read = Environment.safeParse(env);
  if (!read.success) throw new Error(`environment: ${z.prettifyError(read.error)}`);
  return { databaseUrl: read.data.PATENT_OFFICE_DATABASE_URL, port: read.data.PATENT_OFFICE_PORT };
}
