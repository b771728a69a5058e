"""Triggers that hold the two tables to their promises, whoever writes and by whatever way.

Every message begins with `civicard:` and the code of a refusal; `refusals` turns it into one. PostgreSQL sets the
transaction and the clock itself; SQLite cannot change a row before it is written, so it refuses what is not so.
"""

from typing import ClassVar

from django.db import migrations

from civicard.ledger.vendor_sql import VendorSQL

# The table is named with its schema, so that no table of a session's own can stand in for it.
POSTGRESQL_ARRIVES = """
DO $do$ BEGIN EXECUTE format($text$
CREATE FUNCTION %1$I.ledger_fact_arrives() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    earlier record;
    marker text;
BEGIN
    NEW.xact := pg_current_xact_id()::text::bigint;
    NEW.recorded_at := clock_timestamp();
    -- In a cluster that was restored from a dump transactions count from low again, and would never be sealed.
    IF NEW.xact < (SELECT horizon FROM %1$I.ledger_seal ORDER BY number DESC LIMIT 1) THEN
        marker := 'ledger_transactions_went_back';
    END IF;
    -- From 10^14 on, numbers are those of facts in operators' files.
    IF NEW.number < 1 OR NEW.number >= 100000000000000 OR NOT isfinite(NEW.at) OR NOT isfinite(NEW.day) THEN
        marker := 'fact_malformed';
    END IF;
    IF NEW.at > NEW.recorded_at + interval '5 minutes' THEN
        marker := 'fact_in_future';
    END IF;
    IF marker IS NULL AND NEW.cause IS NOT NULL THEN
        SELECT at INTO earlier FROM %1$I.ledger_fact WHERE number = NEW.cause;
        IF NOT FOUND THEN
            marker := 'fact_cause_unknown';
        ELSIF earlier.at > NEW.at THEN
            marker := 'fact_before_cause';
        END IF;
    END IF;
    IF marker IS NULL AND NEW.corrects IS NOT NULL THEN
        SELECT at, kind INTO earlier FROM %1$I.ledger_fact WHERE number = NEW.corrects;
        IF NOT FOUND THEN
            marker := 'fact_corrected_unknown';
        ELSIF earlier.kind <> NEW.kind THEN
            marker := 'fact_corrects_other_kind';
        ELSIF earlier.at > NEW.at THEN
            marker := 'fact_before_corrected';
        END IF;
    END IF;
    IF marker IS NOT NULL THEN
        RAISE EXCEPTION USING MESSAGE = 'civicard:' || marker, ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $body$;

CREATE TRIGGER ledger_fact_arrives BEFORE INSERT ON %1$I.ledger_fact
    FOR EACH ROW EXECUTE FUNCTION %1$I.ledger_fact_arrives();

CREATE FUNCTION %1$I.ledger_seal_arrives() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM %1$I.ledger_seal) THEN
        RAISE EXCEPTION USING MESSAGE = 'civicard:ledger_seal_out_of_order', ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $body$;

CREATE TRIGGER ledger_seal_arrives BEFORE INSERT ON %1$I.ledger_seal
    FOR EACH ROW EXECUTE FUNCTION %1$I.ledger_seal_arrives();

CREATE FUNCTION %1$I.ledger_kept() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION USING MESSAGE = 'civicard:fact_append_only', ERRCODE = 'check_violation';
END $body$;

CREATE TRIGGER ledger_fact_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON %1$I.ledger_fact
    FOR EACH STATEMENT EXECUTE FUNCTION %1$I.ledger_kept();
CREATE TRIGGER ledger_seal_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON %1$I.ledger_seal
    FOR EACH STATEMENT EXECUTE FUNCTION %1$I.ledger_kept();
$text$, current_schema()); END $do$
"""
POSTGRESQL_BACKWARDS = (
    "DROP TRIGGER ledger_seal_kept ON ledger_seal",
    "DROP TRIGGER ledger_fact_kept ON ledger_fact",
    "DROP FUNCTION ledger_kept()",
    "DROP TRIGGER ledger_seal_arrives ON ledger_seal",
    "DROP FUNCTION ledger_seal_arrives()",
    "DROP TRIGGER ledger_fact_arrives ON ledger_fact",
    "DROP FUNCTION ledger_fact_arrives()",
)
# Sealing reads the rows of the newest transactions: they stand together at the table's end, as numbers of
# transactions grow, so the summary of each range of pages finds them at almost no cost to those who record.
POSTGRESQL_INDEX = """
CREATE INDEX ledger_fact_xact ON ledger_fact USING brin (xact)
    WITH (pages_per_range = 32, autosummarize = on)
"""

# An unnamed number reads -1 before it is given. REPLACE removes the row in its way without a word to any trigger
# for DELETE, so the row in the way is looked for before: by number, and by the fact that it corrects. A day that no
# month has comes out as another once something, if only nothing, is added to it. From 10^14 on, numbers are those of
# facts in operators' files.
SQLITE_ARRIVES = """
CREATE TRIGGER ledger_fact_arrives BEFORE INSERT ON ledger_fact BEGIN
    SELECT RAISE(ABORT, 'civicard:fact_append_only')
        WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE number = NEW.number);
    SELECT RAISE(ABORT, 'civicard:fact_already_corrected')
        WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE corrects = NEW.corrects);
    SELECT RAISE(ABORT, 'civicard:fact_malformed')
        WHERE NEW.number >= 100000000000000 OR NEW.at NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]'
            OR strftime('%Y-%m-%d %H:%M', substr(NEW.at, 1, 16), '+0 days') IS NOT substr(NEW.at, 1, 16)
            OR substr(NEW.at, 18, 2) > '59' OR date(NEW.day, '+0 days') IS NOT NEW.day
            OR typeof(NEW.cause) NOT IN ('integer', 'null') OR typeof(NEW.corrects) NOT IN ('integer', 'null')
            OR NEW.recorded_at NOT GLOB '????-??-?? ??:??:??.???' OR julianday(NEW.recorded_at) IS NULL
            OR abs(julianday(NEW.recorded_at) - julianday('now')) * 1440 > 5;
    SELECT RAISE(ABORT, 'civicard:fact_in_future')
        WHERE NEW.at > strftime('%Y-%m-%d %H:%M:%f', 'now', '+5 minutes');
    SELECT RAISE(ABORT, 'civicard:fact_cause_unknown')
        WHERE NEW.cause IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ledger_fact WHERE number = NEW.cause);
    SELECT RAISE(ABORT, 'civicard:fact_before_cause')
        WHERE NEW.at < (SELECT at FROM ledger_fact WHERE number = NEW.cause);
    SELECT RAISE(ABORT, 'civicard:fact_corrected_unknown')
        WHERE NEW.corrects IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ledger_fact WHERE number = NEW.corrects);
    SELECT RAISE(ABORT, 'civicard:fact_corrects_other_kind')
        WHERE NEW.kind <> (SELECT kind FROM ledger_fact WHERE number = NEW.corrects);
    SELECT RAISE(ABORT, 'civicard:fact_before_corrected')
        WHERE NEW.at < (SELECT at FROM ledger_fact WHERE number = NEW.corrects);
END
"""
# Facts are sealed in the order of their numbers: one that came in below the last would never be.
SQLITE_LAST = """
CREATE TRIGGER ledger_fact_last AFTER INSERT ON ledger_fact
WHEN NEW.number < 1 OR NEW.number < (SELECT max(number) FROM ledger_fact) BEGIN
    SELECT RAISE(ABORT, 'civicard:fact_append_only');
END
"""
SQLITE_SEAL_ARRIVES = """
CREATE TRIGGER ledger_seal_arrives BEFORE INSERT ON ledger_seal
WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM ledger_seal)
    OR EXISTS (SELECT 1 FROM ledger_seal WHERE rowid = NEW.rowid) BEGIN
    SELECT RAISE(ABORT, 'civicard:ledger_seal_out_of_order');
END
"""
SQLITE_KEPT = {
    f"{table}_kept_{verb.lower()}": (
        f"CREATE TRIGGER {table}_kept_{verb.lower()} BEFORE {verb} ON {table} BEGIN "
        "SELECT RAISE(ABORT, 'civicard:fact_append_only'); END"
    )
    for table in ("ledger_fact", "ledger_seal")
    for verb in ("UPDATE", "DELETE")
}


class Migration(migrations.Migration):
    """Put the triggers and the index on both databases."""

    dependencies: ClassVar = [("ledger", "0001_the_tables")]

    operations: ClassVar = [
        VendorSQL("postgresql", [POSTGRESQL_ARRIVES], POSTGRESQL_BACKWARDS),
        VendorSQL(
            "postgresql",
            [POSTGRESQL_INDEX, "ALTER TABLE ledger_fact ALTER COLUMN xact SET NOT NULL"],
            ["ALTER TABLE ledger_fact ALTER COLUMN xact DROP NOT NULL", "DROP INDEX ledger_fact_xact"],
        ),
        VendorSQL(
            "sqlite",
            [SQLITE_ARRIVES, SQLITE_LAST, SQLITE_SEAL_ARRIVES, *SQLITE_KEPT.values()],
            [
                f"DROP TRIGGER {name}"
                for name in (*SQLITE_KEPT, "ledger_seal_arrives", "ledger_fact_last", "ledger_fact_arrives")
            ],
        ),
    ]
