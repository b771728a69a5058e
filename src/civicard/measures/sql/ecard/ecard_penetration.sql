-- name: ecard_penetration
-- title.zh: 电子社保卡签发率
-- title.en: E-card coverage
-- unit: %
-- figure: fraction
-- definition.zh: 期末以前（含当日）签发过电子社保卡的人数除以应持卡人口。一人在几个渠道签发，只计第一次。人口取各区县期末以前
--   最近一次统计。
-- definition.en: People who signed up for the e-card by the last day of the period, over the people entitled to a card.
--   Who signed in several apps counts once, by the first. The people are each district's latest count on or before
--   that day.
-- grain.zh: 每名签发人一行，分子为1；每条人口统计一行，分母为人数
-- grain.en: one row per person who signed, with numerator 1; one row per count of the population, with the people as
--   denominator
-- sources: ecard_signed, population_counted
-- clause: 53号 效益指标；郑州 电子社保卡签发
-- keys: fact
-- by: month, district, channel
-- null.zh: 期末以前没有人口统计，或台账中没有人签发
-- null.en: the population was not counted, or nobody signed, on or before the end of the period
WITH ranked AS (
  SELECT
    signed.fact,
    signed.day,
    signed.district,
    signed.channel,
    ROW_NUMBER() OVER (PARTITION BY signed.person ORDER BY signed.at, signed.fact) AS place
  FROM ecard_signed AS signed
  WHERE signed.day <= $until
),
latest AS (
  SELECT population_counted.district, MAX(population_counted.counted_on) AS counted_on
  FROM population_counted
  WHERE population_counted.counted_on <= $until
  GROUP BY population_counted.district
)
SELECT
  ranked.fact,
  ranked.day,
  CAST(DATE_TRUNC('month', ranked.day) AS DATE) AS month,
  ranked.district,
  ranked.channel,
  1 AS numerator,
  0 AS denominator
FROM ranked
WHERE ranked.place = 1
UNION ALL
SELECT
  population.fact,
  population.counted_on AS day,
  CAST(NULL AS DATE) AS month,
  population.district,
  CAST(NULL AS VARCHAR) AS channel,
  0 AS numerator,
  population.persons AS denominator
FROM population_counted AS population
JOIN latest ON latest.district = population.district AND latest.counted_on = population.counted_on
-- Without this, a lake that knows nothing of e-cards would give 0 %.
WHERE EXISTS (SELECT 1 FROM ranked AS anyone)
