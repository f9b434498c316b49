import { clockDrills } from './clocks.ts';
import { crowdDrills } from './crowds.ts';
import type { Drill } from './drill.ts';
import { engineDrills } from './engines.ts';
import { lineDrills } from './lines.ts';
import { poisonDrill } from './poison.ts';
import { railDrills } from './rail.ts';
import { serverDrills } from './servers.ts';
import { tamperDrill } from './tamper.ts';

/** Every drill, in the order in which `all` runs them. */
export const DRILLS: readonly Drill[] = [
  ...serverDrills,
  ...lineDrills,
  ...engineDrills,
  poisonDrill,
  ...clockDrills,
  ...railDrills,
  tamperDrill,
  ...crowdDrills,
];
