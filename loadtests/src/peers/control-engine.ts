// Peer C: bidding as it is, reached over a socket. Without the broker, its records and its durability.
import { BiddingModule } from '@yuzhi/bidding/bidding.module';
import { readEnvironment, ServiceEnvironment } from '@yuzhi/chassis/config';
import { startService } from '@yuzhi/chassis/service';
import { KafkaLog } from '@yuzhi/messaging/kafka-log';
import { placeBid } from '@yuzhi/protocol/bidding';
import { told } from './peers.config.ts';
import { ready } from './ready.ts';
import { SocketEngineLog } from './socket-engine.ts';

const config = readEnvironment(ServiceEnvironment);
const { kafkaBrokers: brokers, sessionTimeoutMs } = config;
const real = new KafkaLog({ brokers, clientId: 'control-engine', sessionTimeoutMs, prefix: told('TABLES_PREFIX') });
const log = new SocketEngineLog(placeBid.topic, real);
const service = await startService(BiddingModule.with({ ...config, log: () => log }));
ready({ address: '127.0.0.1', family: 'IPv4', port: await log.listen(Number(told('ENGINE_PORT'))) }, () =>
  service.stop(),
);
