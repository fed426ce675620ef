-- Of every user with three interactions or more the last is the target of the test, the one before that of the
-- validation; training has what is before both, where that is two or more.
SELECT p.part, h.user_number AS user_place, h.user_number, h.events - p.left_out AS until, p.in_vocabulary, p.needs_target
FROM histories h
CROSS JOIN (
  SELECT 'train' AS part, 2 AS left_out, TRUE AS in_vocabulary, FALSE AS needs_target
  UNION ALL
  SELECT 'validation' AS part, 1 AS left_out, FALSE AS in_vocabulary, TRUE AS needs_target
  UNION ALL
  SELECT 'test' AS part, 0 AS left_out, FALSE AS in_vocabulary, TRUE AS needs_target
) p
WHERE h.events >= 3 AND h.events - p.left_out >= 2
