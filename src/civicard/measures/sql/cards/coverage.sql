-- name: coverage
-- title.zh: 持卡覆盖率
-- title.en: Coverage
-- unit: %
-- figure: fraction
-- definition.zh: 期末持卡人数除以应持卡人口。持卡人数从期初人数和期初在用卡片开始，首次申领的卡片发放时加一人，持卡人死亡、
--   迁出或本人要求注销时减一人。换发、换卡、补卡不增不减：新卡发放时此人早已计入，原卡因此注销时也不减。从未发放的卡片，
--   如逾期未领的，没有加过，所以也不减。人口取各区县期末以前最近一次统计。
-- definition.en: Holders at the end of the period over the people entitled to a card. Holders begin with those counted
--   and the cards in use when the ledger began; a first card adds one when it is handed over; a holder who dies, moves
--   away or asks for it takes one away. Changeovers, replacements and reissues change nothing: when the new card is
--   handed over the person is counted already, and the end of the old one takes nobody away. A first card that was
--   never handed over, such as one left uncollected, added nobody and so takes nobody away. The people are each
--   district's latest count on or before the last day of the period.
-- grain.zh: 每条增减持卡人的事实一行，分子为人数或-1；每条人口统计一行，分母为人数
-- grain.en: one row per fact that adds or takes away holders, with their number as numerator; one row per count of
--   the population, with the people as denominator
-- sources: holders_counted, card_brought_in, card_handed_over, application_taken_in, card_cancelled, card_made,
--   population_counted
-- clause: 53号 效益指标；持卡人口覆盖率
-- keys: fact
-- by: district, entry
-- null.zh: 期末以前没有人口统计
-- null.en: the population was not counted on or before the end of the period
-- column entry: 项目 / what the row is
WITH ended AS (
  SELECT card_cancelled.fact, card_cancelled.day, card_cancelled.card, card_cancelled.district
  FROM card_cancelled
  WHERE card_cancelled.cancel_cause IN ('died', 'moved_away', 'holder_asked')
    AND card_cancelled.day <= $until
),
in_use AS (
  SELECT card_brought_in.fact, card_brought_in.day, card_brought_in.card, card_brought_in.district
  FROM card_brought_in
  WHERE card_brought_in.state IN ('normal', 'temporary_loss', 'formal_loss', 'locked')
    AND card_brought_in.day <= $until
),
latest AS (
  SELECT population_counted.district, MAX(population_counted.counted_on) AS counted_on
  FROM population_counted
  WHERE population_counted.counted_on <= $until
  GROUP BY population_counted.district
)
SELECT
  counted.fact, counted.day, counted.district, 'counted' AS entry,
  counted.holders AS numerator, 0 AS denominator
FROM holders_counted AS counted
WHERE counted.day <= $until
UNION ALL
SELECT
  in_use.fact, in_use.day, in_use.district, 'brought_in' AS entry,
  1 AS numerator, 0 AS denominator
FROM in_use
UNION ALL
SELECT
  handed.fact, handed.day, handed.district, 'first_card' AS entry,
  1 AS numerator, 0 AS denominator
FROM card_handed_over AS handed
JOIN application_taken_in AS taken ON taken.application = handed.application
WHERE handed.day <= $until
  AND taken.application_reason = 'first'
UNION ALL
-- A card that ended in its holder's hands.
SELECT
  ended.fact, ended.day, ended.district, 'left' AS entry,
  -1 AS numerator, 0 AS denominator
FROM ended
LEFT JOIN card_handed_over AS handed ON handed.card = ended.card AND handed.day <= $until
LEFT JOIN in_use ON in_use.card = ended.card
WHERE handed.card IS NOT NULL OR in_use.card IS NOT NULL
UNION ALL
-- A new card that ended on its way to somebody who was a holder already: the person counts once, by the card in
-- hand where that ended for the same reason, and otherwise by this one.
SELECT
  ended.fact, ended.day, ended.district, 'left' AS entry,
  -1 AS numerator, 0 AS denominator
FROM ended
JOIN card_made AS made ON made.card = ended.card
JOIN application_taken_in AS taken ON taken.application = made.application
LEFT JOIN card_handed_over AS handed ON handed.card = ended.card AND handed.day <= $until
LEFT JOIN ended AS old ON old.card = taken.old_card
WHERE handed.card IS NULL
  AND taken.application_reason <> 'first'
  AND old.card IS NULL
UNION ALL
SELECT
  population.fact, population.counted_on AS day, population.district, 'population' AS entry,
  0 AS numerator, population.persons AS denominator
FROM population_counted AS population
JOIN latest ON latest.district = population.district AND latest.counted_on = population.counted_on
