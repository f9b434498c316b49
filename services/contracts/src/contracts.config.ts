import { ServiceEnvironment } from '@yuzhi/chassis/config';
import { z } from 'zod';

export const ContractsEnvironment = ServiceEnvironment.extend({
  /** Encrypts the keys of the local signature provider at rest; another one makes them unreadable. */
  signingKeySecret: z.string().min(32),
});
export type ContractsConfig = z.output<typeof ContractsEnvironment>;
