-- Users by their first time, equal ones in the order of the log. The newest tenth (rounded, at least one) is the test.
WITH ranked AS (
  SELECT
    user_number, events, first_ms,
    ROW_NUMBER() OVER (ORDER BY first_ms, user_number) AS user_rank,
    COUNT(*) OVER () AS users
  FROM histories
)
SELECT
  user_number, events, first_ms, user_rank,
  user_rank > users - GREATEST(1, FLOOR((users + 5) / 10)) AS is_test
FROM ranked
