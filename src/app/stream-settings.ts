import type { Config } from '../config.js';
import { DEFAULT_REDUCER_SETTINGS } from '../state/user-state.js';
import { DEFAULT_STREAM_SETTINGS, type StreamSettings } from '../stream/settings.js';

/** What the stream is told by the configuration: the service and the commands on its states share it. */
export function streamSettings(config: Config): StreamSettings {
  return {
    ...DEFAULT_STREAM_SETTINGS,
    topics: config.topics,
    group: config.group,
    reducer: { ...DEFAULT_REDUCER_SETTINGS, ...config.reducer },
    start: config.start,
    healFrom: config.healFrom,
    emit: config.emit,
    batchSize: config.batch,
    batchMs: config.batchMs,
    hotStates: config.hotStates,
    maxRecordBytes: config.maxRecordBytes,
  };
}
