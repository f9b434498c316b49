import { z } from 'zod';

type Def = Record<string, unknown> & { type: string };
const made = new WeakMap<z.ZodType, z.ZodType>();

/** Where a schema holds further schemas. Of an intersection each side knows only its half, so it stays as it is. */
const SINGLE = ['innerType', 'element', 'valueType', 'in', 'out', 'rest'];
const LISTS = ['options', 'items'];

const isSchema = (value: unknown): value is z.ZodType => value instanceof z.ZodType;

function strictParts(def: Def): Record<string, unknown> {
  const parts: Record<string, unknown> = {};
  for (const name of SINGLE) if (isSchema(def[name])) parts[name] = strict(def[name]);
  for (const name of LISTS)
    if (Array.isArray(def[name])) parts[name] = def[name].map((one) => (isSchema(one) ? strict(one) : one));
  return parts;
}

function strictDef(def: Def): Def {
  if (def.type === 'intersection') return def;
  if (def.type === 'lazy') return { ...def, getter: () => strict((def['getter'] as () => z.ZodType)()) };
  if (def.type !== 'object') return { ...def, ...strictParts(def) };
  const shape = () =>
    Object.fromEntries(Object.entries(def['shape'] as z.ZodRawShape).map(([k, v]) => [k, strict(v as z.ZodType)]));
  // Read at first use: an object may contain itself.
  return Object.defineProperty({ catchall: z.never(), ...def }, 'shape', {
    get: shape,
    enumerable: true,
    configurable: true,
  });
}

/** The same schema, in which no object at any depth takes a field that was not declared. Declared looseness stays. */
export function strict<S extends z.ZodType>(schema: S): S {
  const known = made.get(schema);
  if (known) return known as S;
  const copy = schema.clone(strictDef(schema.def as unknown as Def) as never);
  made.set(schema, copy);
  return copy;
}
