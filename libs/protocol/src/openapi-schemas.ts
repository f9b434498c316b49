import { z } from 'zod';
import { keepExamples } from './sample.ts';

export type Node = Record<string, unknown>;
export type Io = 'input' | 'output';

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Nothing is said that need not be: what is read may gain fields, a `format` needs no pattern, and an integer that is
 * safe in JavaScript no bounds.
 */
export function simplify(context: Parameters<typeof keepExamples>[0]): void {
  keepExamples(context);
  const { jsonSchema } = context;
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
  if (jsonSchema.format) delete jsonSchema.pattern;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}

/** The names that a schema refers to. */
function references(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(references);
  if (!isNode(node)) return [];
  const { $ref, ...rest } = node;
  const own = typeof $ref === 'string' ? [$ref.slice($ref.lastIndexOf('/') + 1)] : [];
  return [...own, ...Object.values(rest).flatMap(references)];
}

/**
 * The JSON Schemas of a document. Schemas with an id become components; one that is not the same on its way in and on
 * its way out becomes two, `Name` for what is answered and `NameInput` for what is sent.
 */
export class Schemas {
  readonly #named: Record<Io, Map<string, Node>> = { input: new Map(), output: new Map() };
  readonly #used = new Map<string, Node>();

  /** `schemas`: everything that will be asked for, to know beforehand which names need two components. */
  constructor(schemas: { schema: z.ZodType; io: Io }[]) {
    for (const { schema, io } of schemas) {
      for (const [name, node] of Object.entries(this.#convert(schema, io).$defs)) this.#named[io].set(name, node);
    }
  }

  /** The schema as it stands in the document. */
  of(schema: z.ZodType, io: Io): Node {
    const { $defs: _, ...root } = this.#convert(schema, io);
    return this.#link(root, io) as Node;
  }

  /** What was referred to so far, by name. */
  components(): Record<string, Node> {
    return Object.fromEntries([...this.#used].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  #convert(schema: z.ZodType, io: Io): Node & { $defs: Record<string, Node> } {
    const { $schema: _, $defs = {}, ...root } = z.toJSONSchema(schema, { io, override: simplify }) as Node;
    return { ...root, $defs: $defs as Record<string, Node> };
  }

  #link(node: unknown, io: Io): unknown {
    if (Array.isArray(node)) return node.map((one) => this.#link(one, io));
    if (!isNode(node)) return node;
    return Object.fromEntries(
      Object.entries(node).map(([name, value]) =>
        name === '$ref'
          ? [name, this.#refer(String(value).replace('#/$defs/', ''), io)]
          : [name, this.#link(value, io)],
      ),
    );
  }

  #refer(name: string, io: Io): string {
    const component = io === 'input' && this.#differs(name) ? `${name}Input` : name;
    if (!this.#used.has(component)) {
      this.#used.set(component, {});
      this.#used.set(component, this.#link(this.#named[io].get(name)!, io) as Node);
    }
    return `#/components/schemas/${component}`;
  }

  #differs(name: string, seen = new Set<string>()): boolean {
    if (seen.has(name)) return false;
    seen.add(name);
    const [input, output] = [this.#named.input.get(name), this.#named.output.get(name)];
    if (!input || !output) return false;
    return (
      JSON.stringify(input) !== JSON.stringify(output) || references(input).some((one) => this.#differs(one, seen))
    );
  }
}
