-- name: in_time
-- title.zh: 按期制发率
-- title.en: Cards ready within the promised days
-- unit: % of whole
-- figure: fraction
-- definition.zh: 应完成日期在期内、期末以前未被不予受理的申领中，卡片在应完成日期以前（含当日）到达网点的所占比例。
--   按期到达的不因以后的事计为逾期；到期仍未到达的，无论卡在哪一环节，都计为逾期。
-- definition.en: Of the applications due in the period and not refused by its end, the share whose card arrived at
--   its station on or before the day it was due. What arrived in time never counts as late for anything that comes
--   later; what had not arrived when it was due is late, wherever it was held up.
-- grain.zh: 每件应完成的申领一行
-- grain.en: one row per application that was due
-- sources: application_taken_in, application_refused, card_received
-- clause: 53号 时效指标；上海2018 C12，申领到制发30天
-- keys: application
-- by: month, district, station, channel, application_reason
-- null.zh: 期内没有应完成的申领
-- null.en: no application was due in the period
-- whole: yes
-- column taken_in_on: 受理日期 / day of intake
-- column received_on: 到达网点日期 / day the card arrived at its station
-- column days_taken: 历时（天） / days from intake to arrival
-- column is_late: 逾期 / whether it was late
SELECT
  taken.application,
  taken.fact,
  -- The month in which it was due, for that is when it counts.
  CAST(DATE_TRUNC('month', taken.due_on) AS DATE) AS month,
  taken.district,
  taken.station,
  taken.channel,
  taken.application_reason,
  taken.day AS taken_in_on,
  taken.due_on,
  received.day AS received_on,
  DATE_DIFF('day', taken.day, received.day) AS days_taken,
  CASE WHEN received.day <= taken.due_on THEN FALSE ELSE TRUE END AS is_late,
  CASE WHEN received.day <= taken.due_on THEN 1 ELSE 0 END AS numerator,
  1 AS denominator
FROM application_taken_in AS taken
LEFT JOIN card_received AS received
  ON received.application = taken.application
LEFT JOIN application_refused AS refused
  ON refused.application = taken.application
  AND refused.day <= $until
WHERE taken.due_on BETWEEN $since AND $until
  AND refused.application IS NULL
