-- name: days_by_stage
-- title.zh: 各环节平均天数
-- title.en: Days by stage
-- unit: 天
-- figure: fraction
-- definition.zh: 卡片在期内到达网点的申领，在各环节所用的天数，即两端业务日期之差：applicant 申领人补正，check 校核
--   （不含补正），bank 组批和银行预开户，making 制卡（含重制），inspection 质检，courier 配送，pick_up 领取（期末以前已
--   发放的）。前六个环节之和等于受理到到达网点的天数，所以要按环节看；没有补正的申领，补正为0天。两端有一端不在台账中的
--   环节没有这一行。
-- definition.en: Of the applications whose card arrived at its station in the period, the days spent in each stage,
--   from business day to business day: applicant (mending what was asked), check (without that), bank (batching and
--   account pre-opening), making (with reprints), inspection, courier, pick_up (where handed over by the end of the
--   period). The first six add up to the days from intake to arrival, so it is read by stage; an application that had
--   nothing to mend has 0 days there. A stage with an end that the ledger does not know has no row.
-- grain.zh: 每件申领的每个环节一行
-- grain.en: one row per application and stage
-- sources: application_taken_in, correction_asked, correction_given, application_passed, account_opened, card_made,
--   card_inspected, card_received, card_handed_over
-- clause: 53号 时效指标；上海2018 C12 的分解
-- keys: application, stage
-- by: stage, month, district, station
-- null.zh: 期内没有卡片到达网点
-- null.en: no card arrived at its station in the period
-- column stage: 环节 / stage
WITH asked AS (
  SELECT
    correction_asked.application,
    correction_asked.day,
    ROW_NUMBER() OVER (PARTITION BY correction_asked.application ORDER BY correction_asked.at) AS round
  FROM correction_asked
),
given AS (
  SELECT
    correction_given.application,
    correction_given.day,
    ROW_NUMBER() OVER (PARTITION BY correction_given.application ORDER BY correction_given.at) AS round
  FROM correction_given
),
-- The first answer belongs to the first question, the second to the second.
mended AS (
  SELECT
    asked.application,
    SUM(DATE_DIFF('day', asked.day, given.day)) AS days
  FROM asked
  JOIN given ON given.application = asked.application AND given.round = asked.round
  GROUP BY asked.application
),
days AS (
  SELECT
    received.application,
    received.day,
    received.district,
    received.station,
    COALESCE(mended.days, 0) AS applicant,
    DATE_DIFF('day', taken.day, passed.day) - COALESCE(mended.days, 0) AS checking,
    DATE_DIFF('day', passed.day, opened.day) AS bank,
    DATE_DIFF('day', opened.day, made.day) AS making,
    DATE_DIFF('day', made.day, inspected.day) AS inspection,
    DATE_DIFF('day', inspected.day, received.day) AS courier,
    DATE_DIFF('day', received.day, handed.day) AS pick_up
  FROM card_received AS received
  LEFT JOIN application_taken_in AS taken ON taken.application = received.application
  LEFT JOIN mended ON mended.application = received.application
  LEFT JOIN application_passed AS passed ON passed.application = received.application
  LEFT JOIN account_opened AS opened ON opened.application = received.application
  LEFT JOIN card_made AS made ON made.card = received.card
  LEFT JOIN card_inspected AS inspected ON inspected.card = received.card
  LEFT JOIN card_handed_over AS handed ON handed.card = received.card AND handed.day <= $until
  WHERE received.day BETWEEN $since AND $until
),
staged AS (
  SELECT
    days.application,
    stages.stage,
    days.day,
    days.district,
    days.station,
    CASE stages.stage
      WHEN 'applicant' THEN days.applicant
      WHEN 'check' THEN days.checking
      WHEN 'bank' THEN days.bank
      WHEN 'making' THEN days.making
      WHEN 'inspection' THEN days.inspection
      WHEN 'courier' THEN days.courier
      WHEN 'pick_up' THEN days.pick_up
    END AS spent
  FROM days
  CROSS JOIN (
    VALUES ('applicant'), ('check'), ('bank'), ('making'), ('inspection'), ('courier'), ('pick_up')
  ) AS stages(stage)
)
SELECT
  staged.application,
  staged.stage,
  CAST(DATE_TRUNC('month', staged.day) AS DATE) AS month,
  staged.district,
  staged.station,
  staged.spent AS numerator,
  1 AS denominator
FROM staged
WHERE staged.spent IS NOT NULL
