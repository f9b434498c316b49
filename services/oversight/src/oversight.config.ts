import { ServiceEnvironment, urlsByName } from '@yuzhi/chassis/config';
import type { z } from 'zod';

export const OversightEnvironment = ServiceEnvironment.extend({
  /** Where every service is reached: the stepping clock asks how far they are. */
  owners: urlsByName,
  /** Every process that the live view looks at, doors and each replica by a name of its own; by default the owners. */
  watched: urlsByName.optional(),
});
export type OversightConfig = z.output<typeof OversightEnvironment>;
