-- Training holds only what happened before the first test user began.
SELECT MIN(first_ms) AS cut_ms FROM ranked WHERE is_test
