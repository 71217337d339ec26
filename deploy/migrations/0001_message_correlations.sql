-- Which message, and which part of it, an id that an MNO gave in submit_sm_resp
-- belongs to (US-SC-010, US-SC-011). infra/postgres/doc.go says why it is cut
-- into days of expiry and who makes and drops the days.

CREATE TABLE smpp.message_correlations (
    operator_id         text        COLLATE "C" NOT NULL,            -- the account: ids are unique within it
    primary_operator_id text        COLLATE "C" NOT NULL,            -- whose command it was, when a backup carried it; else empty
    operator_message_id text        COLLATE "C" NOT NULL,            -- submit_sm_resp.message_id after the profile's id rule
    message_id          text        COLLATE "C" NOT NULL,            -- ours
    part_index          smallint    NOT NULL,
    parts_total         smallint    NOT NULL,
    mno                 text        NOT NULL,                        -- mno.direction.bind_id: the bind that submitted it
    direction           text        NOT NULL,
    bind_id             integer     NOT NULL,
    epoch               bigint      NOT NULL,                        -- the fencing token of the bind's owner
    source              text        NOT NULL,
    destination         text        NOT NULL,
    submitted_at        timestamptz NOT NULL,
    expires_at          timestamptz NOT NULL,                        -- submitted_at + 72 hours unless configured
    expires_on          date        NOT NULL,                        -- the day of expires_at in UTC: the partition
    ambiguous           boolean     NOT NULL,                        -- an earlier submit of this part was never answered
    fingerprint         text        NOT NULL,
    trace_parent        text        NOT NULL,
    trace_state         text        NOT NULL,
    silent              boolean     NOT NULL,                        -- no receipt of its own is due
    reference           integer     NOT NULL,                        -- concatenation reference that the parts share
    reference_bits      smallint    NOT NULL,                        -- 8 or 16; 0: a message in one part
    states              integer     NOT NULL,                        -- bit n: the event of message_state n has been published
    final               smallint    NOT NULL,                        -- the first final message_state, 0 while there is none

    PRIMARY KEY (operator_id, operator_message_id, expires_on),
    CONSTRAINT part_of_the_whole CHECK (part_index BETWEEN 1 AND parts_total),
    CONSTRAINT expires_on_is_the_day_of_expires_at CHECK (expires_on = (expires_at AT TIME ZONE 'UTC')::date)
) PARTITION BY LIST (expires_on);

-- The parts of one message: the ledger that a redelivery asks.
CREATE INDEX message_correlations_message ON smpp.message_correlations (operator_id, message_id);

-- Messages in parts that expire before all of them are final. BRIN, because rows come
-- in about the order of their expiry, and because it does not hinder what Mark writes.
CREATE INDEX message_correlations_expiry ON smpp.message_correlations USING brin (expires_at);

COMMENT ON TABLE smpp.message_correlations IS
    'One row for each submit_sm that an MNO accepted, until it expires; one partition for each day of expiry.';
