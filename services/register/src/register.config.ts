import { ServiceEnvironment } from '@yuzhi/chassis/config';
import { z } from 'zod';

export const RegisterEnvironment = ServiceEnvironment.extend({
  patentOfficeUrl: z.url(),
  /** Whether that office is the simulated one: whatever comes from it is then marked 演示. */
  patentOfficeDemo: z.stringbool().default(false),
});
export type RegisterConfig = z.output<typeof RegisterEnvironment>;
