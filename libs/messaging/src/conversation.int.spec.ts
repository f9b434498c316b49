import { specifyConversation } from './fixture/conversation.specification.ts';
import { brokers, freshPrefix, removeTopics } from './fixture/topics.ts';
import { KafkaLog } from './kafka-log.ts';
import { MemoryBroker, MemoryLog } from './memory-log.ts';
import { PlatformaticLog } from './platformatic-log.ts';

specifyConversation('two services on a log in memory', async () => {
  const broker = new MemoryBroker();
  return { open: () => new MemoryLog(broker), stop: async () => {} };
});

for (const [client, Client] of [
  ['kafkajs', KafkaLog],
  ['@platformatic/kafka', PlatformaticLog],
] as const) {
  specifyConversation(`two services on Kafka by ${client}`, async () => {
    const prefix = freshPrefix('conversation');
    return {
      open: (clientId) => new Client({ brokers, clientId, sessionTimeoutMs: 2000, prefix }),
      stop: () => removeTopics(prefix),
    };
  });
}
