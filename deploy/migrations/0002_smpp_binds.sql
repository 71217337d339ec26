-- The binds of each operator account, kept by operations; the connector reads
-- "window" again every 60 s (US-SC-023).

CREATE SCHEMA IF NOT EXISTS ops;

-- IF NOT EXISTS: where operations own the schema, the table is theirs and stays
-- as it is; the connector reads only the columns named here.
CREATE TABLE IF NOT EXISTS ops.smpp_binds (
    mno         text        NOT NULL CHECK (mno ~ '^[A-Za-z0-9_-]+$'),   -- a part of subjects and keys
    direction   text        NOT NULL CHECK (direction IN ('tx', 'rx', 'trx')),
    bind_id     integer     NOT NULL CHECK (bind_id >= 1),
    operator_id text        NOT NULL CHECK (operator_id <> ''),
    "window"    integer     CHECK ("window" >= 1),                       -- most PDUs in flight; NULL: the operator's default
    enabled     boolean     NOT NULL DEFAULT true,
    note        text        NOT NULL DEFAULT '',
    updated_at  timestamptz NOT NULL DEFAULT now(),

    PRIMARY KEY (mno, direction, bind_id)
);

CREATE INDEX IF NOT EXISTS smpp_binds_operator ON ops.smpp_binds (operator_id);

COMMENT ON TABLE ops.smpp_binds IS 'Binds that the SMPP connector makes: one row a bind, at most one owner a bind at a time.';
