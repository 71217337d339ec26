// Package postgres keeps in PostgreSQL what must be found again: which message an
// MNO's id belongs to (port.CorrelationStore, US-SC-010), and which binds an
// operator has (port.BindSettings, US-SC-023).
//
//	Save ──► one COPY, or INSERT … ON CONFLICT ────────┐   ┌─ …_20261126  dropped a day after its end
//	Find ──► one SELECT over the keys of a batch  ─────┼──►├─ …_20261127  where today's submits expire
//	Mark ──► one UPDATE over the marks of a batch ─────┘   └─ …_20261129  made ahead
//
// It does not retry, does not queue and does not group: a call is one statement,
// and the bridge that calls it decides what goes into a batch and what happens
// after an error. It does not fail at start when the server is away: each call
// then fails at once, and works again within a second of the server's return.
//
// # Why days of expiry
//
// 72 hours at 100 messages a second are 26 million rows. Deleting expired rows
// would cost an index over all of them, a scan and a vacuum; dropping a
// partition of 289 000 rows took 8 ms. So the table is partitioned by the UTC day on
// which a row expires, not on which it was submitted: a day that has passed can
// be dropped whatever the expiry was configured to when its rows were written.
//
// A partitioned table can be unique only together with its partition key. The
// key is (operator_id, operator_message_id, day), and the day is coarse on
// purpose: a repeated Save of a row conflicts with the first and changes nothing, and
// an id that an MNO uses again on the same day replaces the row. An id used
// again on another day is a second row: the later day wins in Find and in Mark.
//
// Rows expire by the day: one stays findable until its day and the grace after
// it (a day by default) have passed, which suits MNOs whose receipts come after 73 hours.
package postgres
