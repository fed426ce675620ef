/** The tables of `log.sqlite`. Topics are small integers in the records: 60 bytes of record stay 60 bytes and a few. */
export const LOG_VERSION = 1;

export const LOG_SCHEMA = `
CREATE TABLE topics (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, partitions INTEGER NOT NULL);

-- Offsets from first to before next can be read.
CREATE TABLE extents (
  topic INTEGER NOT NULL, partition INTEGER NOT NULL, first INTEGER NOT NULL, next INTEGER NOT NULL,
  PRIMARY KEY (topic, partition)
) WITHOUT ROWID;

CREATE TABLE records (
  topic INTEGER NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL, timestamp INTEGER NOT NULL,
  key BLOB, value BLOB,
  PRIMARY KEY (topic, partition, offset)
) WITHOUT ROWID;

-- Committed positions of a group.
CREATE TABLE offsets (
  member_group TEXT NOT NULL, topic INTEGER NOT NULL, partition INTEGER NOT NULL, next INTEGER NOT NULL,
  PRIMARY KEY (member_group, topic, partition)
) WITHOUT ROWID;

-- Who may commit for a task: the epoch grows with every take-over, the sentinel is the newest owner's token.
CREATE TABLE fences (
  member_group TEXT NOT NULL, partition INTEGER NOT NULL, epoch INTEGER NOT NULL, sentinel TEXT NOT NULL,
  PRIMARY KEY (member_group, partition)
) WITHOUT ROWID;

CREATE TABLE progress (source TEXT PRIMARY KEY, done INTEGER NOT NULL) WITHOUT ROWID;

-- The one member of a group that owns all its tasks.
CREATE TABLE leases (
  member_group TEXT PRIMARY KEY, member TEXT NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL, beat INTEGER NOT NULL
) WITHOUT ROWID;
`;
