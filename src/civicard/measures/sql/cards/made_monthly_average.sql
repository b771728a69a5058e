-- name: made_monthly_average
-- title.zh: 月均制卡数
-- title.en: Cards made a month, on average
-- unit: 张/月
-- figure: fraction
-- definition.zh: 期内合格卡片数除以期内的月数。期间涉及到的每个月都算一个月，没有制卡的月份也算，分子为0。
-- definition.en: Good cards of the period over its months. Each month that the period touches counts as one, also one
--   in which no card was made; its numerator is 0.
-- grain.zh: 期内每月一行
-- grain.en: one row per month of the period
-- sources: card_inspected
-- clause: 53号 数量指标
-- keys: month
-- by: month
-- null.zh: 期内没有合格卡片
-- null.en: no card passed its inspection in the period
WITH months AS (
  SELECT CAST(CAST($year AS VARCHAR) || days.first_day AS DATE) AS month
  FROM (
    VALUES
      ('-01-01'), ('-02-01'), ('-03-01'), ('-04-01'), ('-05-01'), ('-06-01'),
      ('-07-01'), ('-08-01'), ('-09-01'), ('-10-01'), ('-11-01'), ('-12-01')
  ) AS days(first_day)
),
made AS (
  SELECT
    CAST(DATE_TRUNC('month', card_inspected.day) AS DATE) AS month,
    COUNT(*) AS cards
  FROM card_inspected
  WHERE card_inspected.day BETWEEN $since AND $until
  GROUP BY CAST(DATE_TRUNC('month', card_inspected.day) AS DATE)
)
SELECT
  months.month,
  COALESCE(made.cards, 0) AS numerator,
  1 AS denominator
FROM months
LEFT JOIN made ON made.month = months.month
WHERE months.month BETWEEN CAST(DATE_TRUNC('month', $since) AS DATE) AND $until
  -- Without this, a lake that knows nothing of cards would give an average of 0.
  AND EXISTS (SELECT 1 FROM made AS any_month)
