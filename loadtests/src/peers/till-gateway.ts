// The gateway as it is, with two more addresses: transfers of the book that in the product only services ask for.
import { readEnvironment } from '@yuzhi/chassis/config';
import { GatewayEnvironment } from '@yuzhi/gateway/gateway.config';
import { GatewayModule, startGateway } from '@yuzhi/gateway/gateway.module';
import { KafkaLog } from '@yuzhi/messaging/kafka-log';
import type { LogRecord } from '@yuzhi/messaging/log';
import { catalogue } from '@yuzhi/protocol/catalogue';
import { told } from './peers.config.ts';
import { ready } from './ready.ts';
import { asEscrow, TILL } from './till.ts';

class TillLog extends KafkaLog {
  override send(records: LogRecord[]): Promise<void> {
    return super.send(records.map((record) => ({ ...record, value: asEscrow(record.value) })));
  }
}

const config = readEnvironment(GatewayEnvironment);
const { kafkaBrokers: brokers, sessionTimeoutMs } = config;
const log = new TillLog({ brokers, clientId: 'till-gateway', sessionTimeoutMs, prefix: told('TOPIC_PREFIX') });
const document = () => ({ openapi: '3.1.0', info: { title: 'till', version: '0' }, paths: {} });
const { topics } = catalogue;
const declared = { declared: Object.values(TILL), topics };
const gateway = await startGateway(GatewayModule.of({ ...config, log: () => log }, { catalogue: declared, document }));
ready({ address: config.host, family: 'IPv4', port: gateway.port }, () => gateway.stop());
