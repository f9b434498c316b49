import { readFileSync } from 'node:fs';
import { untilTold } from '@yuzhi/chassis/until-told';
import { catalogue } from '@yuzhi/protocol/catalogue';
import { openapi } from '@yuzhi/protocol/openapi';
import { readGatewayConfig } from './gateway.config.ts';
import { GatewayModule, startGateway } from './gateway.module.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const document = () => openapi(catalogue, { url: '/', version });

await untilTold(await startGateway(GatewayModule.of(readGatewayConfig(), { catalogue, document })));
