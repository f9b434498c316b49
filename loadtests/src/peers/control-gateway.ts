// Peer C: the gateway as it is, joined to its engine by a socket.
import { readEnvironment } from '@yuzhi/chassis/config';
import { GatewayEnvironment } from '@yuzhi/gateway/gateway.config';
import { GatewayModule, startGateway } from '@yuzhi/gateway/gateway.module';
import { KafkaLog } from '@yuzhi/messaging/kafka-log';
import { placeBid } from '@yuzhi/protocol/bidding';
import { catalogue } from '@yuzhi/protocol/catalogue';
import { told } from './peers.config.ts';
import { ready } from './ready.ts';
import { SocketLog } from './socket-log.ts';

const config = readEnvironment(GatewayEnvironment);
const { kafkaBrokers: brokers, sessionTimeoutMs } = config;
const real = new KafkaLog({ brokers, clientId: 'control-gateway', sessionTimeoutMs, prefix: told('TABLES_PREFIX') });
const log = new SocketLog(Number(told('ENGINE_PORT')), placeBid.topic, real);
const document = () => ({ openapi: '3.1.0', info: { title: 'control', version: '0' }, paths: {} });
const gateway = await startGateway(GatewayModule.of({ ...config, log: () => log }, { catalogue, document }));
ready({ address: config.host, family: 'IPv4', port: gateway.port }, () => gateway.stop());
