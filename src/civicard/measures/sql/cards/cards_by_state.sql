-- name: cards_by_state
-- title.zh: 各状态卡片数
-- title.en: Cards by state
-- unit: 张
-- figure: sum
-- definition.zh: 期末台账所知的每一张卡片，按期末以前（含当日）最后一件事之后的状态计。同一时刻的几件事按事实编号排先后。
-- definition.en: Each card that the ledger knows at the end of the period, by its state after the last thing that
--   happened to it by then. What happened at one instant is taken in the order of the facts' numbers.
-- grain.zh: 每张卡片一行
-- grain.en: one row per card
-- sources: card_brought_in, making_started, making_failed, card_made, inspection_failed, card_handed_over,
--   card_recalled, temporary_loss_reported, formal_loss_reported, loss_lapsed, loss_lifted, card_locked,
--   card_unlocked, card_cancelled, card_destroyed
-- clause: 持卡管理；国家 AAZ502 卡状态
-- keys: card
-- by: state, district
-- null.zh: 台账中没有卡片
-- null.en: the ledger knows no card
WITH steps AS (
  SELECT e.card, e.at, e.fact, e.day, e.state FROM card_brought_in AS e
  UNION ALL SELECT e.card, e.at, e.fact, e.day, 'in_making' AS state FROM making_started AS e
  UNION ALL SELECT e.card, e.at, e.fact, e.day, 'spoiled' AS state FROM making_failed AS e
  UNION ALL SELECT e.card, e.at, e.fact, e.day, 'not_enabled' AS state FROM card_made AS e
  UNION ALL SELECT e.card, e.at, e.fact, e.day, 'spoiled' AS state FROM inspection_failed AS e
  UNION ALL SELECT e.card, e.at, e.fact, e.day, 'normal' AS state FROM card_handed_over AS e
  UNION ALL SELECT e.card, e.at, e.fact, e.day, 'cancelled' AS state FROM card_recalled AS e
  UNION ALL SELECT e.card, e.at, e.fact, e.day, 'temporary_loss' AS state FROM temporary_loss_reported AS e
  UNION ALL SELECT e.card, e.at, e.fact, e.day, 'formal_loss' AS state FROM formal_loss_reported AS e
  UNION ALL SELECT e.card, e.at, e.fact, e.day, 'normal' AS state FROM loss_lapsed AS e
  UNION ALL SELECT e.card, e.at, e.fact, e.day, 'normal' AS state FROM loss_lifted AS e
  UNION ALL SELECT e.card, e.at, e.fact, e.day, 'locked' AS state FROM card_locked AS e
  UNION ALL SELECT e.card, e.at, e.fact, e.day, 'normal' AS state FROM card_unlocked AS e
  UNION ALL SELECT e.card, e.at, e.fact, e.day, 'cancelled' AS state FROM card_cancelled AS e
  UNION ALL SELECT e.card, e.at, e.fact, e.day, 'destroyed' AS state FROM card_destroyed AS e
),
ranked AS (
  SELECT
    steps.card,
    steps.fact,
    steps.day,
    steps.state,
    ROW_NUMBER() OVER (PARTITION BY steps.card ORDER BY steps.at DESC, steps.fact DESC) AS place
  FROM steps
  WHERE steps.day <= $until
)
SELECT
  ranked.card,
  ranked.fact,
  ranked.day,
  ranked.state,
  COALESCE(made.district, brought.district) AS district,
  1 AS numerator
FROM ranked
LEFT JOIN card_made AS made ON made.card = ranked.card
LEFT JOIN card_brought_in AS brought ON brought.card = ranked.card
WHERE ranked.place = 1
