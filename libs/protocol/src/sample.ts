import { z } from 'zod';
import { samplePattern } from './sample-pattern.ts';

type Node = z.core.JSONSchema.BaseSchema;
type Defs = Record<string, Node>;
type Root = Node & { $defs?: Defs };

/** zod writes no schema as `true` or `false` and no list of items where we read one. */
const asNode = (value: unknown): Node => (value ?? {}) as Node;

/** zod drops the examples of what transforms from its input; ours are good on both sides, which `sample` checks. */
export function keepExamples({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: Node }): void {
  const { examples } = z.globalRegistry.get(zodSchema) ?? {};
  if (examples) jsonSchema.examples = examples as unknown[];
}

const FORMATS: Record<string, string> = {
  uuid: '01939fd4-5d30-7cc4-8f6a-9d1c3c8e2b71',
  date: '2026-11-24',
  'date-time': '2026-11-24T09:30:00.000Z',
  time: '09:30:00',
  email: 'someone@example.com',
  uri: 'https://example.com/',
};

/** What a schema accepts, the same every time, with every optional field; its examples come first. */
export function sample(schema: z.ZodType): unknown {
  const { $defs = {}, ...root } = z.toJSONSchema(schema, { io: 'input', override: keepExamples }) as Root;
  const value = sampleNode(root, $defs, 'value');
  const checked = schema.safeParse(value);
  if (!checked.success) {
    const issues = z.prettifyError(checked.error);
    throw new Error(`the sample ${JSON.stringify(value)} does not fit; give the schema an example:\n${issues}`);
  }
  return value;
}

function sampleNode(node: Node, defs: Defs, name: string): unknown {
  const given = [node.examples?.[0], node.const, node.enum?.[0], node.default].find((value) => value !== undefined);
  if (given !== undefined) return given;
  const choices = node.anyOf ?? node.oneOf;
  if (node.$ref) return sampleNode(defs[node.$ref.slice('#/$defs/'.length)]!, defs, name);
  if (node.allOf) return Object.assign({}, ...node.allOf.map((part) => sampleNode(part, defs, name)));
  if (choices) return sampleNode(choices.find(({ type }) => type !== 'null') ?? {}, defs, name);
  if (node.type === 'object') return sampleObject(node, defs);
  if (node.type === 'array') return sampleArray(node, defs, name);
  return sampleScalar(node, name);
}

function sampleObject({ properties, propertyNames, additionalProperties }: Node, defs: Defs): object {
  const fields = Object.entries(properties ?? {}).map(([name, field]): [string, unknown] => [
    name,
    sampleNode(asNode(field), defs, name),
  ]);
  if (properties === undefined && typeof additionalProperties === 'object') {
    const key = sampleNode(asNode(propertyNames ?? { type: 'string' }), defs, 'key');
    fields.push([String(key), sampleNode(additionalProperties, defs, 'value')]);
  }
  return Object.fromEntries(fields);
}

function sampleArray({ prefixItems, items, minItems = 1 }: Node, defs: Defs, name: string): unknown[] {
  if (prefixItems) return prefixItems.map((item) => sampleNode(asNode(item), defs, name));
  return Array.from({ length: Math.max(1, minItems) }, () => sampleNode(asNode(items), defs, name));
}

function sampleScalar(node: Node, name: string): unknown {
  if (node.type === 'string') return sampleText(node, name);
  if (node.type === 'integer' || node.type === 'number') {
    return Math.min(Math.max(1, node.minimum ?? 1), node.maximum ?? Infinity);
  }
  return node.type === 'boolean' ? true : null;
}

function sampleText({ format = '', pattern, minLength = 0, maxLength = Infinity }: Node, name: string): string {
  if (FORMATS[format]) return FORMATS[format];
  if (pattern) return samplePattern(pattern);
  return name.padEnd(minLength, '.').slice(0, maxLength);
}
