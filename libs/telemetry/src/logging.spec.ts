import { logger } from './logging.ts';

const SECRETS = [
  'authorization',
  'cookie',
  'set-cookie',
  'stripe-signature',
  'password',
  'secret',
  'client_secret',
  'clientSecret',
  'access_token',
  'accessToken',
  'refresh_token',
  'refreshToken',
  'id_token',
  'idToken',
  'idCard',
  'phone',
  'bankAccount',
];

function logged(write: (to: ReturnType<typeof logger>) => void, level?: string): string[] {
  const lines: string[] = [];
  write(logger('escrow', level, { write: (line) => void lines.push(line) }));
  return lines;
}

describe('a line of the log', () => {
  it.each(SECRETS)('never holds the value of %s, at four depths', (name) => {
    const bare = { [name]: 'leaked' };
    const [line] = logged((to) => to.info({ ...bare, a: { ...bare, b: { ...bare, c: bare } } }, 'said'));
    expect(line).not.toContain('leaked');
    expect(line!.match(/\[redacted\]/g)).toHaveLength(4);
  });

  it('holds no secret of a list either', () => {
    const [line] = logged((to) => to.info({ people: [{ phone: 'leaked' }, { phone: 'leaked' }] }));
    expect(line).not.toContain('leaked');
  });

  it('does not quote the row that Postgres refused', () => {
    const detail = 'Failing row contains (leaked, 1).';
    const refused = Object.assign(new Error('violates check constraint'), { code: '23514', detail, where: detail });
    const [line] = logged((to) => to.warn({ err: Object.assign(new Error('commit'), { cause: refused }) }));
    const [direct] = logged((to) => to.warn({ err: refused }));
    expect(line).not.toContain('leaked');
    expect(direct).not.toContain('leaked');
    expect(JSON.parse(direct!)).toMatchObject({ err: { code: '23514', message: 'violates check constraint' } });
  });

  it('is one JSON object that names its service and keeps what is no secret', () => {
    const [line, ...more] = logged((to) => to.info({ saleId: 's-1', phoneless: true }, 'drafted\nlisting'));
    expect(more).toEqual([]);
    expect(line!.trimEnd()).not.toContain('\n');
    expect(JSON.parse(line!)).toMatchObject({
      service: 'escrow',
      saleId: 's-1',
      phoneless: true,
      msg: 'drafted\nlisting',
    });
  });

  it('leaves what is logged as it was', () => {
    const said = { user: { phone: '1' } };
    logged((to) => to.info(said));
    expect(said).toEqual({ user: { phone: '1' } });
  });

  it('is written from its level up', () => {
    expect(logged((to) => to.debug('quiet'))).toEqual([]);
    expect(logged((to) => to.debug('loud'), 'debug')).toHaveLength(1);
  });
});
