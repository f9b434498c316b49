/** A body that differs from a good one in one place, and what was done to it. */
export interface Mutation {
  what: string;
  body: string;
}

type Json = Record<string, unknown>;

/** Values that no field of ours takes, beside those that only some take: who accepts one says so by its schema. */
const WRONG: readonly (readonly [what: string, value: unknown])[] = [
  ['an object', { a: 1 }],
  ['a list', [1]],
  ['a number', 12.5],
  ['true', true],
  ['null', null],
  ['an empty text', ''],
  ['control characters', 'a\u0000b'],
  ['half a surrogate pair', '\ud800'],
  ['a long text', 'x'.repeat(20_000)],
  ['minus one', '-1'],
  ['zero', '0'],
  ['full-width digits', '１２３４５６'],
  ['an exponent', '1e9'],
  ['a fraction', '100.5'],
  ['a leading zero', '0100'],
  ['more than the largest amount', '9000000000000001'],
  ['a number beyond 2^53', 2 ** 60],
  ['minus one as a number', -1],
  ['zero as a number', 0],
  ['a wrong check digit of a patent', '201710601862.4'],
  ['a wrong check digit of a credit code', '91350100M000100Y44'],
  ['a UUID of another shape', 'not-a-uuid'],
];

/** Characters that nobody sees in a line. */
const UNSEEN: readonly (readonly [what: string, value: string])[] = [
  ['a zero-width space', '一\u200b二'],
  ['a newline', '一\n二'],
  ['a C1 control', '一\u0090二'],
  ['a right-to-left override', '一\u202e二'],
];
/** What may hold some of them: text in lines, the key of whatever was set aside, an address that its owner judges. */
const HOLDS_UNSEEN = ['description.zh', 'description.en', 'comment', 'reason', 'key', 'returnUrl'];

const paths = (value: unknown, at: string[] = []): string[][] => {
  if (Array.isArray(value)) return [at, ...value.slice(0, 1).flatMap((one) => paths(one, [...at, '0']))];
  if (typeof value !== 'object' || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([name, one]) => paths(one, [...at, name]))];
};

function replaced(value: unknown, [name, ...rest]: string[], by: unknown): unknown {
  if (name === undefined) return by;
  const copy = Array.isArray(value) ? [...(value as unknown[])] : { ...(value as Json) };
  (copy as Json)[name] = replaced((value as Json)[name], rest, by);
  return copy;
}

/** Values that some fields take. */
const OTHERS: readonly unknown[] = [
  ...['另一个', '1', 'f'.repeat(64), 'https://other.example/', 'discard', [], 7, false],
];

/** A body that says something else in one place and is taken all the same; undefined where none is. */
export function variation(good: Json, accepts: (body: unknown) => boolean): Json | undefined {
  const changed = paths(good)
    .filter((path) => path.length > 0)
    .flatMap((path) => OTHERS.map((value) => replaced(good, path, value) as Json));
  return changed.find((body) => JSON.stringify(body) !== JSON.stringify(good) && accepts(body));
}

/**
 * Every field of a good body made wrong in every way that `accepts` does not take, and each that is one line by what
 * nobody sees, whatever `accepts` says; and bodies that are none.
 */
export function mutations(good: unknown, accepts: (body: unknown) => boolean): Mutation[] {
  const wrong = paths(good)
    .filter((path) => path.length > 0)
    .flatMap((path) => {
      const field = path.join('.');
      const made = ([what, value]: readonly [string, unknown]) => {
        return { what: `${field} is ${what}`, changed: replaced(good, path, value) };
      };
      const unseen = HOLDS_UNSEEN.includes(field) ? [] : UNSEEN.map(made);
      return [...WRONG.map(made).filter(({ changed }) => !accepts(changed)), ...unseen];
    })
    .map(({ what, changed }) => ({ what, body: JSON.stringify(changed) }));
  const object = good as Json;
  const missing = Object.keys(object).flatMap((name) => {
    const { [name]: _, ...others } = object;
    return accepts(others) ? [] : [{ what: `${name} is missing`, body: JSON.stringify(others) }];
  });
  return [
    ...wrong,
    ...missing,
    { what: 'an unknown field', body: JSON.stringify({ ...object, surprise: 1 }) },
    { what: 'a prototype', body: `{"__proto__":{"admin":true},${JSON.stringify(good).slice(1)}` },
    {
      what: 'a constructor',
      body: `{"constructor":{"prototype":{"admin":true}},${JSON.stringify(good).slice(1)}`.replace(/,}$/, '}'),
    },
    { what: 'half of it', body: JSON.stringify(good).slice(0, -1) },
    { what: 'a list', body: '[]' },
    { what: 'a text', body: '"x"' },
    { what: 'null', body: 'null' },
    { what: 'nothing', body: '' },
  ].map(({ what, body }) => ({ what, body: body.replace(/,}$/, '}') }));
}

export interface RawBody {
  what: string;
  body: string | Uint8Array<ArrayBuffer>;
  /** Media type; absent: none is named. */
  type?: string;
}

/** Bytes that are neither a document nor signed by anybody, and more of them than `limit`. */
export function rawBodies(limit: number): RawBody[] {
  const types = [undefined, 'application/json', 'application/pdf', 'text/plain', 'application/octet-stream'];
  const bodies: RawBody[] = [
    { what: 'nothing', body: '' },
    { what: 'half of a mark', body: '%PD' },
    { what: 'half of an object', body: '{"id":"evt_1"' },
    { what: 'an object', body: '{"id":"evt_1","type":"payment_intent.succeeded","amount":1152921504606846976}' },
    { what: 'a prototype', body: '{"__proto__":{"admin":true},"id":"evt_1"}' },
    { what: 'full-width digits', body: '１２３４５６' },
    { what: 'no Unicode', body: new Uint8Array([0xff, 0xfe, 0x00, 0xc3, 0x28]) },
    { what: 'as much as it takes', body: new Uint8Array(limit) },
    { what: 'a byte more', body: new Uint8Array(limit + 1) },
  ];
  return bodies.flatMap((body) =>
    types.map((type) => ({ ...body, what: `${body.what} as ${type}`, ...(type && { type }) })),
  );
}
