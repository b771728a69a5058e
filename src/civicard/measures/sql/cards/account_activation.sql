-- name: account_activation
-- title.zh: 金融账户激活率
-- title.en: Financial accounts activated
-- unit: % of whole
-- figure: fraction
-- definition.zh: 期内发放的卡片和期末以前作为期初卡片记入、尚在使用的卡片，其金融账户在期末以前（含当日）已激活的所占比例。
--   期初卡片以记入时的状况为准。
-- definition.en: Of the cards handed over in the period, and of the cards in use that were brought in as existing by
--   its end, the share whose financial account was activated by the last day of the period. A card that was brought in
--   counts as it stood then.
-- grain.zh: 每张卡片一行，一张卡片一个账户
-- grain.en: one row per card, which has one account
-- sources: card_handed_over, account_activated, card_brought_in
-- clause: 53号 效益指标；郑州 金融账户激活率
-- keys: card
-- by: month, district, station
-- null.zh: 期内没有发放卡片，也没有期初卡片
-- null.en: no card was handed over in the period, and none was brought in
-- whole: yes
-- column activated_on: 激活日期 / day of activation
SELECT
  handed.card,
  handed.fact,
  handed.day,
  CAST(DATE_TRUNC('month', handed.day) AS DATE) AS month,
  handed.district,
  handed.station,
  activated.day AS activated_on,
  CASE WHEN activated.application IS NULL THEN 0 ELSE 1 END AS numerator,
  1 AS denominator
FROM card_handed_over AS handed
LEFT JOIN account_activated AS activated
  ON activated.application = handed.application
  AND activated.day <= $until
WHERE handed.day BETWEEN $since AND $until
UNION ALL
SELECT
  brought.card,
  brought.fact,
  brought.day,
  CAST(NULL AS DATE) AS month,
  brought.district,
  CAST(NULL AS VARCHAR) AS station,
  CAST(NULL AS DATE) AS activated_on,
  CASE WHEN brought.is_account_active THEN 1 ELSE 0 END AS numerator,
  1 AS denominator
FROM card_brought_in AS brought
WHERE brought.day <= $until
  AND brought.state IN ('normal', 'temporary_loss', 'formal_loss', 'locked')
