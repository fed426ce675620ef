-- The items that GPTRec learns from, the most used first, equal ones by the bytes of their id.
WITH counted AS (
  SELECT i.item_number, COUNT(*) AS uses
  FROM ranges r
  JOIN interactions i ON i.user_number = r.user_number AND i.place < r.until
  WHERE r.in_vocabulary
  GROUP BY i.item_number
)
SELECT ROW_NUMBER() OVER (ORDER BY c.uses DESC, n.item_id) - 1 AS item_index, n.item_number, n.item_id, c.uses
FROM counted c
JOIN items n ON n.item_number = c.item_number
