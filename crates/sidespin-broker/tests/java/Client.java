// What an application in Java does with a broker, by Kafka's own client. Run as one source file, with the address as its argument;
// every line that it prints is one of the test's expectations.

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public final class Client {
    private static final String TOPIC = "from-java";
    private static final int MESSAGES = 1000;

    public static void main(String[] arguments) throws Exception {
        String address = arguments[0];
        try (Admin admin = Admin.create(properties(address, Map.of()))) {
            admin.createTopics(List.of(new NewTopic(TOPIC, 3, (short) 1))).all().get();
            int partitions = admin.describeTopics(List.of(TOPIC)).allTopicNames().get().get(TOPIC).partitions().size();
            System.out.println("partitions " + partitions);
            produce(address);
            consume(address);
            boolean isListed = admin.listConsumerGroups().all().get().stream().anyMatch(group -> group.groupId().equals("java"));
            System.out.println("group listed " + isListed);
            long committed = admin.listConsumerGroupOffsets("java").partitionsToOffsetAndMetadata().get().values().stream()
                .mapToLong(offset -> offset.offset()).sum();
            System.out.println("committed " + committed);
            admin.deleteTopics(List.of(TOPIC)).all().get();
            System.out.println("topic there " + admin.listTopics().names().get().contains(TOPIC));
        }
    }

    private static Properties properties(String address, Map<String, String> more) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", address);
        properties.putAll(more);
        return properties;
    }

    /** Idempotent, as the client is by default; the last message is a tombstone with a header. */
    private static void produce(String address) throws Exception {
        Properties properties = properties(address, Map.of("compression.type", "gzip", "linger.ms", "5"));
        try (var producer = new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer())) {
            for (int number = 0; number < MESSAGES - 1; number++) {
                producer.send(new ProducerRecord<>(TOPIC, "key-" + number % 10, Integer.toString(number)));
            }
            var tombstone = new ProducerRecord<String, String>(TOPIC, "key-9", null);
            tombstone.headers().add("why", "gone".getBytes(StandardCharsets.UTF_8));
            producer.send(tombstone).get();
        }
    }

    private static void consume(String address) {
        Map<String, String> settings = Map.of("group.id", "java", "auto.offset.reset", "earliest", "enable.auto.commit", "false");
        Map<String, Integer> last = new HashMap<>();
        TreeSet<Integer> seen = new TreeSet<>();
        List<ConsumerRecord<String, String>> tombstones = new ArrayList<>();
        boolean isOrdered = true;
        Properties properties = properties(address, settings);
        try (var consumer = new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(TOPIC));
            while (seen.size() + tombstones.size() < MESSAGES) {
                for (ConsumerRecord<String, String> message : consumer.poll(Duration.ofMillis(200))) {
                    if (message.value() == null) {
                        tombstones.add(message);
                        continue;
                    }
                    int number = Integer.parseInt(message.value());
                    isOrdered &= last.getOrDefault(message.key(), -1) < number;
                    last.put(message.key(), number);
                    seen.add(number);
                }
            }
            consumer.commitSync();
            long left = consumer.endOffsets(consumer.assignment()).entrySet().stream()
                .mapToLong(end -> end.getValue() - consumer.position(new TopicPartition(TOPIC, end.getKey().partition()))).sum();
            System.out.println("left " + left);
        }
        String why = new String(tombstones.get(0).headers().lastHeader("why").value(), StandardCharsets.UTF_8);
        System.out.println("messages " + seen.size() + " in order " + isOrdered + ", tombstone " + why);
    }
}
