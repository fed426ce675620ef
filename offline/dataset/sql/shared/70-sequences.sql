-- The dataset: every part's users in their order, each user's items oldest first.
SELECT k.part, k.user_place, i.place, v.item_index, i.time_ms
FROM kept k
JOIN interactions i ON i.user_number = k.user_number AND i.place < k.until
JOIN vocabulary v ON v.item_number = i.item_number
ORDER BY k.part, k.user_place, i.place
