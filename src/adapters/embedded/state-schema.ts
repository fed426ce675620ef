/** The tables of `state.sqlite`. */
export const STATE_VERSION = 1;

export const STATE_SCHEMA = `
CREATE TABLE layout (only INTEGER PRIMARY KEY CHECK (only = 0), partitions INTEGER NOT NULL, settings TEXT NOT NULL);

-- Owner token and marker of each task; a null marker: nothing was stored yet.
CREATE TABLE tasks (partition INTEGER PRIMARY KEY, token TEXT NOT NULL, interactions INTEGER, profiles INTEGER);

-- Rows of some kilobytes: an ordinary table with an index is faster than WITHOUT ROWID.
CREATE TABLE states (partition INTEGER NOT NULL, user TEXT NOT NULL, state BLOB NOT NULL, PRIMARY KEY (partition, user));

CREATE TABLE expiries (
  partition INTEGER NOT NULL, user TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (partition, user)
) WITHOUT ROWID;
CREATE INDEX expiries_by_time ON expiries (partition, at, user);
`;
