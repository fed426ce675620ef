-- Training ends for everybody at the first moment. Who did something between the two validates, who did something from
-- the second on is a test user; the last interaction of each is the target.
WITH counted AS (
  SELECT
    i.user_number,
    COUNT(*) AS events,
    SUM(CASE WHEN i.time_ms < cut.validation_ms THEN 1 ELSE 0 END) AS before_validation,
    SUM(CASE WHEN i.time_ms < cut.cut_ms THEN 1 ELSE 0 END) AS before_cut
  FROM interactions i
  CROSS JOIN cut
  GROUP BY i.user_number
)
SELECT 'train' AS part, user_number AS user_place, user_number, before_validation AS until, TRUE AS in_vocabulary, FALSE AS needs_target
FROM counted
WHERE before_validation >= 2
UNION ALL
SELECT 'validation' AS part, user_number AS user_place, user_number, before_cut AS until, FALSE AS in_vocabulary, TRUE AS needs_target
FROM counted
WHERE before_cut > before_validation AND before_cut >= 2
UNION ALL
SELECT 'test' AS part, user_number AS user_place, user_number, events AS until, FALSE AS in_vocabulary, TRUE AS needs_target
FROM counted
WHERE events > before_cut AND events >= 2
