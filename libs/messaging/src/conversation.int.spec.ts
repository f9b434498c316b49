import { specifyConversation } from './fixture/conversation.specification.ts';
import { brokers, freshPrefix, removeTopics } from './fixture/topics.ts';
import { KafkaLog } from './kafka-log.ts';
import { MemoryBroker, MemoryLog } from './memory-log.ts';

specifyConversation('two services on a log in memory', async () => {
  const broker = new MemoryBroker();
  return { open: () => new MemoryLog(broker), stop: async () => {} };
});

specifyConversation('two services on Kafka', async () => {
  const prefix = freshPrefix('conversation');
  return {
    open: (clientId) => new KafkaLog({ brokers, clientId, sessionTimeoutMs: 2000, prefix }),
    stop: () => removeTopics(prefix),
  };
});
