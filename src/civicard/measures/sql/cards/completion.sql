-- name: completion
-- title.zh: 完成率（按调整后计划）
-- title.en: Completion of the current plan
-- unit: %
-- figure: fraction
-- definition.zh: 期内合格卡片数，除以本年度制卡数量目标在期末以前批准的最新版本。可以超过100%。
-- definition.en: Good cards of the period over the latest version of the year's target that was approved by the end of
--   the period. It may exceed 100 %.
-- grain.zh: 每张合格卡片一行，分子为1；计划一行，分母为目标值，不分月份、区县和网点
-- grain.en: one row per good card, with numerator 1; one row for the plan, with the target as denominator and no
--   month, district or station
-- sources: card_inspected, card_made, target_set
-- clause: 53号 完成率；上海2018 C11，以调整后计划为基数
-- keys: fact
-- by: month, district, station
-- null.zh: 期末以前没有批准本年度制卡数量目标
-- null.en: no target of cards to be made was approved for the year by the end of the period
SELECT
  inspected.fact,
  inspected.card,
  inspected.day,
  CAST(DATE_TRUNC('month', inspected.day) AS DATE) AS month,
  made.district,
  made.station,
  1 AS numerator,
  0 AS denominator
FROM card_inspected AS inspected
LEFT JOIN card_made AS made ON made.card = inspected.card
WHERE inspected.day BETWEEN $since AND $until
UNION ALL
SELECT
  target_set.fact,
  CAST(NULL AS BIGINT) AS card,
  target_set.approved_on AS day,
  CAST(NULL AS DATE) AS month,
  CAST(NULL AS VARCHAR) AS district,
  CAST(NULL AS VARCHAR) AS station,
  0 AS numerator,
  target_set.value AS denominator
FROM target_set
WHERE target_set.target = 'cards_made'
  AND target_set.year = $year
  AND target_set.version = (
    SELECT MAX(approved.version)
    FROM target_set AS approved
    WHERE approved.target = 'cards_made'
      AND approved.year = $year
      AND approved.approved_on <= $until
  )
