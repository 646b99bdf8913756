-- Of answers called 1-5: how many are on the scale, their mean, and who answered 4 or 5, and 1 or 2.
SELECT count(*) AS n, avg(score) AS mean_score,
    avg(CASE WHEN score >= 4 THEN 1.0 ELSE 0.0 END) AS top_box_share, avg(CASE WHEN score <= 2 THEN 1.0 ELSE 0.0 END) AS bottom_box_share
FROM survey_responses
WHERE scale = '1-5' AND superseded_at IS NULL AND score BETWEEN 1 AND 5 AND answered_at < TIMESTAMP '2026-07-01'
