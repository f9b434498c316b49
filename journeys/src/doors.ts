import { strict } from '@yuzhi/chassis/strict';
import { catalogue, declarations } from '@yuzhi/protocol/catalogue';
import type { Command, Declared, Download, Intake, Query, Stream } from '@yuzhi/protocol/declare';
import { sample } from '@yuzhi/protocol/sample';
import type { z } from 'zod';

export type Json = Record<string, unknown>;
export type Read = Query | Download | Stream;
export type Door = (Command | Read | Intake) & { route: string };

/** Everything that can be asked from outside, by how it is asked. */
export const commands = declarations('command').filter((one): one is Command & Door => one.route !== undefined);
export const reads: Read[] = [...declarations('query'), ...declarations('download'), ...declarations('stream')];
const isIntake = (declared: Declared): declared is Intake => ['hook', 'upload', 'form'].includes(declared.kind);
const intakes = catalogue.declared.filter(isIntake);
export const forms = intakes.filter(({ kind }) => kind === 'form');
/** Bytes in. */
export const raws = intakes.filter(({ kind }) => kind !== 'form');
export const doors: Door[] = [...commands, ...reads, ...intakes];

/** As a table of tests has it. */
export const named = <D extends Door>(some: readonly D[]) => some.map((door) => [door.route, door] as const);

export const isClosed = ({ permission }: Pick<Door, 'permission'>) => permission !== 'anyone';
/** Whether only the platform's own people have a role for it. */
export const isOfPlatform = ({ permission }: Pick<Door, 'permission'>) =>
  Array.isArray(permission) && permission.every((role) => role === 'desk' || role === 'ops');

const fieldsOf = (schema: z.ZodType) => Object.keys((schema as unknown as { shape: object }).shape);
const pathOf = (route: string) => route.slice(route.indexOf('/'));
/** Names of the parameters of the route. */
export const parametersOf = ({ route }: Pick<Door, 'route'>) => [...route.matchAll(/:(\w+)/g)].map(([, name]) => name!);
export const takes = (read: Read, name: string) => fieldsOf(read.params).includes(name);

export interface Asked {
  method: 'GET' | 'POST';
  path: string;
  /** Of what is sent as JSON. */
  body: Json;
  /** Whether another body would be taken in its place. */
  accepts(body: unknown): boolean;
}

/** A good request, the same every time; what it says of the names in `given` is as given. */
export function askedOf(door: Door, given: Json = {}): Asked {
  const names = parametersOf(door);
  const [schema, beside] = partsOf(door, names);
  const known = Object.fromEntries(Object.entries(given).filter(([name]) => name in schema.all));
  const all = { ...schema.all, ...known };
  const path = pathOf(door.route).replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(all[name])));
  const body = Object.fromEntries(schema.body.filter((name) => name in all).map((name) => [name, all[name]]));
  const inRoute = Object.fromEntries(beside.map((name) => [name, all[name]]));
  const accepts = (changed: unknown) =>
    typeof changed === 'object' && schema.of.safeParse({ ...(changed as object), ...inRoute }).success;
  return { method: door.route.startsWith('GET') ? 'GET' : 'POST', path, body, accepts };
}

/** What a request says, as one sample, and the fields of its data that stand in the route. */
function partsOf(door: Door, names: string[]) {
  if (door.kind === 'command') {
    const fields = fieldsOf(door.data);
    const all: Json = { ...(sample(door.data) as Json), [door.key]: sample(door.keyType) };
    const body = fields.filter((name) => !names.includes(name));
    return [{ all, body, of: strict(door.data) }, names.filter((name) => fields.includes(name))] as const;
  }
  const params = sample(door.params) as Json;
  if (door.kind !== 'form') return [{ all: params, body: [], of: strict(door.params) }, names] as const;
  const all = { ...(sample(door.body!) as Json), ...params };
  return [{ all, body: fieldsOf(door.body!), of: strict(door.body!) }, []] as const;
}
