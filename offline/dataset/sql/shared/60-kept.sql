-- The ranges of which at least two items are in the vocabulary; where the last one is a target, that one too: another
-- item must not become the target.
SELECT r.part, r.user_place, r.user_number, r.until, COUNT(*) AS events
FROM ranges r
JOIN interactions i ON i.user_number = r.user_number AND i.place < r.until
JOIN vocabulary v ON v.item_number = i.item_number
GROUP BY r.part, r.user_place, r.user_number, r.until, r.needs_target
HAVING COUNT(*) >= 2 AND (NOT r.needs_target OR MAX(i.place) = r.until - 1)
