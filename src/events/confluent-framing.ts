/** Confluent's framing: 00, the id of the writer's schema in a registry (4 bytes, big-endian), the Avro body. */

const MARK = 0;
export const FRAME_LENGTH = 5;

/** The schema id that a value names; undefined when it is not framed so. */
export function framedSchemaId(value: Buffer | null): number | undefined {
  if (value === null || value.length < FRAME_LENGTH || value[0] !== MARK) return undefined;
  const id = value.readInt32BE(1);
  // No registry gives others; a registry that is asked for them may answer with a failure of its own.
  return id > 0 ? id : undefined;
}

export function frameOf(schemaId: number): Buffer {
  const frame = Buffer.alloc(FRAME_LENGTH);
  frame.writeInt32BE(schemaId, 1);
  return frame;
}
