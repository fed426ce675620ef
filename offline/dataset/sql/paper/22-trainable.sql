-- The other users' interactions before the cut, which are a beginning of their history: at least two. Each user is
-- numbered, so that `draw` (trainable_rank, drawn), made from the seed, can deal them to the parts.
WITH beginnings AS (
  SELECT r.user_rank, r.user_number, COUNT(*) AS events
  FROM ranked r
  JOIN interactions i ON i.user_number = r.user_number
  CROSS JOIN cut
  WHERE NOT r.is_test AND i.time_ms < cut.cut_ms
  GROUP BY r.user_rank, r.user_number
  HAVING COUNT(*) >= 2
)
SELECT ROW_NUMBER() OVER (ORDER BY user_rank) - 1 AS trainable_rank, user_rank, user_number, events
FROM beginnings
