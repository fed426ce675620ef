/** What a Kafka broker is run with: jars from Maven Central, prepared once for a machine. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { cached } from './cache.js';
import { KAFKA_VERSION } from './kafka-properties.js';
import { fetchJars, javaBuild } from './maven.js';

const JARS = [`org.apache.kafka:kafka_2.13:${KAFKA_VERSION}`, 'org.slf4j:slf4j-simple:1.7.36'];

/** Small and quick to start: a test's broker lives for seconds. */
const JAVA_OPTIONS = [
  '-Xmx256m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
];

/** As Kafka's own scripts run a broker that lasts, for what measures one: a serial collector stops it for 20 to 40 ms. */
export const LASTING_BROKER = [
  '-Xmx1g',
  '-XX:TieredStopAtLevel=4',
  '-XX:-UseSerialGC',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
];

/** The start of a command line; a main class and its arguments follow. */
export type Java = readonly [string, ...string[]];

/**
 * Java with Kafka's classes. `record` runs a broker to its end with the given Java, which notes the classes that it
 * loaded: an archive of them makes a start three times as fast.
 */
export async function kafkaJava(record: (java: Java) => Promise<void>): Promise<Java> {
  const libraries = await cached(`kafka-${KAFKA_VERSION}`, (folder) => fetchJars(JARS, folder));
  // In one order: an archive holds for one class path, as it holds for one build of Java.
  const jars = (await readdir(libraries)).filter((name) => name.endsWith('.jar')).sort();
  const classPath = jars.map((name) => path.join(libraries, name)).join(path.delimiter);
  const java = (option: string): Java => ['java', ...JAVA_OPTIONS, option, '-cp', classPath];
  const archives = await cached(`kafka-${KAFKA_VERSION}-java-${await javaBuild()}`, (folder) =>
    record(java(`-XX:ArchiveClassesAtExit=${path.join(folder, 'classes.jsa')}`)),
  );
  return java(`-XX:SharedArchiveFile=${path.join(archives, 'classes.jsa')}`);
}
