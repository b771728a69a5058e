-- name: cards_made
-- title.zh: 实际制卡数
-- title.en: Cards made
-- unit: 张
-- figure: sum
-- definition.zh: 期内质检合格的卡片，按质检合格的业务日期计。制成后质检不合格的不计；一次申领重制几次，只计最后合格的一张。
-- definition.en: Cards that passed their quality inspection in the period, by the business day of the inspection. A
--   card that was made and failed does not count; an application that needed several attempts counts by the one good
--   card.
-- grain.zh: 每张合格卡片一行
-- grain.en: one row per good card
-- sources: card_inspected, card_made
-- clause: 53号 数量指标；上海2018 C11
-- keys: card
-- by: month, district, station
-- null.zh: 期内没有合格卡片
-- null.en: no card passed its inspection in the period
SELECT
  inspected.card,
  inspected.application,
  inspected.fact,
  inspected.day,
  CAST(DATE_TRUNC('month', inspected.day) AS DATE) AS month,
  made.district,
  made.station,
  1 AS numerator
FROM card_inspected AS inspected
LEFT JOIN card_made AS made ON made.card = inspected.card
WHERE inspected.day BETWEEN $since AND $until
