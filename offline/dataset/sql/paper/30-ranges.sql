-- Which part of a user's history goes where: places 0 to before `until`. Drawn first: 60 % for GPTRec, a tenth of them
-- for its validation; the rest is for the SAE. The test users keep all of their history.
WITH gpt AS (
  SELECT FLOOR((6 * COUNT(*) + 5) / 10) AS users FROM trainable
),
shares AS (
  SELECT users AS gpt_users, FLOOR((users + 5) / 10) AS validation_users FROM gpt
)
SELECT
  CASE WHEN d.drawn < s.validation_users THEN 'validation' WHEN d.drawn < s.gpt_users THEN 'train' ELSE 'sae' END AS part,
  t.user_rank AS user_place,
  t.user_number,
  t.events AS until,
  d.drawn < s.gpt_users AS in_vocabulary,
  FALSE AS needs_target
FROM trainable t
JOIN draw d ON d.trainable_rank = t.trainable_rank
CROSS JOIN shares s
UNION ALL
SELECT 'test' AS part, user_rank AS user_place, user_number, events AS until, FALSE AS in_vocabulary, FALSE AS needs_target
FROM ranked
WHERE is_test
