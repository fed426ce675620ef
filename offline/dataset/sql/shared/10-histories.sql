-- A user's history as a whole: how many interactions, and when it begins.
SELECT user_number, COUNT(*) AS events, MIN(time_ms) AS first_ms
FROM interactions
GROUP BY user_number
