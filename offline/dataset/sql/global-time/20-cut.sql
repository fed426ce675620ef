-- Two moments for all users alike: four fifths of all interactions happened before the first or at it, nine tenths
-- before the second or at it.
WITH counted AS (
  SELECT time_ms, COUNT(*) AS events FROM interactions GROUP BY time_ms
),
running AS (
  SELECT time_ms, SUM(events) OVER (ORDER BY time_ms) AS so_far, SUM(events) OVER () AS total FROM counted
)
SELECT
  MIN(CASE WHEN 10 * so_far > 8 * total THEN time_ms END) AS validation_ms,
  MIN(CASE WHEN 10 * so_far > 9 * total THEN time_ms END) AS cut_ms
FROM running
