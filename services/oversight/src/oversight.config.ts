import { ServiceEnvironment, urlsByName } from '@yuzhi/chassis/config';
import type { z } from 'zod';

export const OversightEnvironment = ServiceEnvironment.extend({
  /** Where every service is reached: the stepping clock asks how far they are. */
  owners: urlsByName,
});
export type OversightConfig = z.output<typeof OversightEnvironment>;
