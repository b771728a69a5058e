-- name: cards_planned_initial
-- title.zh: 年初计划制卡数
-- title.en: Cards planned at first
-- unit: 张
-- figure: sum
-- definition.zh: 本年度制卡数量目标的第1版，即年初首次批准的计划。以后的调整不改变它。
-- definition.en: Version 1 of the year's target of cards to be made, which is the plan as first approved. Later
--   changes leave it as it was.
-- grain.zh: 目标的每个版本一行
-- grain.en: one row per version of the target
-- sources: target_set
-- clause: 53号 数量指标；上海2018 C11，以立项时计划为基数
-- keys: year, version
-- by: none
-- null.zh: 本年度没有设定制卡数量目标
-- null.en: no target of cards to be made was set for the year
SELECT
  target_set.year,
  target_set.version,
  target_set.fact,
  target_set.approved_on,
  target_set.value AS numerator
FROM target_set
WHERE target_set.target = 'cards_made'
  AND target_set.year = $year
  AND target_set.version = 1
