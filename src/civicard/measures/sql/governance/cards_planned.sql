-- name: cards_planned
-- title.zh: 计划制卡数（含调整）
-- title.en: Cards planned, with changes
-- unit: 张
-- figure: sum
-- definition.zh: 本年度制卡数量目标在期末以前（含期末当日）批准的最新版本。
-- definition.en: The latest version of the year's target of cards to be made that was approved by the last day of
--   the period.
-- grain.zh: 目标的每个版本一行
-- grain.en: one row per version of the target
-- sources: target_set
-- clause: 53号 数量指标；上海2018 C11，以调整后计划为基数
-- keys: year, version
-- by: none
-- null.zh: 期末以前没有批准本年度制卡数量目标
-- null.en: no target of cards to be made was approved for the year by the end of the period
SELECT
  target_set.year,
  target_set.version,
  target_set.fact,
  target_set.approved_on,
  target_set.value AS numerator
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
