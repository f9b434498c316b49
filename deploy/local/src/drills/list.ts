import { clockDrills } from './clocks.ts';
import { crowdDrills } from './crowds.ts';
import type { Drill } from './drill.ts';
import { engineDrills } from './engines.ts';
import { lineDrills } from './lines.ts';
import { poisonDrill } from './poison.ts';
import { serverDrills } from './servers.ts';
import { tamperDrill } from './tamper.ts';
import { webhookDrill } from './webhooks.ts';

/** Every drill, in the order in which `all` runs them. */
export const DRILLS: readonly Drill[] = [
  ...serverDrills,
  ...lineDrills,
  ...engineDrills,
  poisonDrill,
  ...clockDrills,
  webhookDrill,
  tamperDrill,
  ...crowdDrills,
];
