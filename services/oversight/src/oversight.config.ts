import { ServiceEnvironment } from '@yuzhi/chassis/config';
import { z } from 'zod';

export const OversightEnvironment = ServiceEnvironment.extend({
  /** Where every service is reached: a JSON object of base URLs by name. The stepping clock asks how far they are. */
  owners: z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue('not JSON');
        return z.NEVER;
      }
    })
    .pipe(z.record(z.string(), z.url())),
});
export type OversightConfig = z.output<typeof OversightEnvironment>;
