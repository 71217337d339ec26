package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ghasi/smpp-connector/actors/port"
)

var _ port.BindSettings = (*DB)(nil)

const bindsSQL = `
SELECT mno, direction, bind_id, operator_id, "window", enabled,
	(SELECT count(*) FROM ops.smpp_binds o WHERE (o.mno, o.direction, o.bind_id) = (b.mno, b.direction, b.bind_id) AND o.enabled)
FROM ops.smpp_binds b
WHERE operator_id = $1 AND ($2 = '' OR direction = $2)
ORDER BY bind_id, mno, direction`

// SettingError says that a row of ops.smpp_binds contradicts what a bind can be.
// The table's own checks keep such rows out where the connector made it.
type SettingError struct {
	Bind   port.BindID
	Column string
	Want   string
}

func (e *SettingError) Error() string {
	return fmt.Sprintf("ops.smpp_binds, bind %s: column %s: want %s", e.Bind, e.Column, e.Want)
}

// Binds implements port.BindSettings from ops.smpp_binds (US-SC-023). Disabled
// binds are among the rows, so that a bind that was switched off can be told
// from one that was forgotten.
func (db *DB) Binds(ctx context.Context, operatorID string, direction port.Direction) ([]port.BindSetting, error) {
	var binds []port.BindSetting
	err := db.call(ctx, "read the binds of operator "+operatorID, func(ctx context.Context) error {
		rows, err := db.pool.Query(ctx, bindsSQL, operatorID, string(direction))
		if err != nil {
			return err
		}
		binds, err = pgx.CollectRows(rows, readBind)
		return err
	})
	return binds, err
}

func readBind(row pgx.CollectableRow) (port.BindSetting, error) {
	var s port.BindSetting
	var direction string
	var window *int // NULL: the operator's default
	var rows int
	if err := row.Scan(&s.Bind.MNO, &direction, &s.Bind.Number, &s.OperatorID, &window, &s.Enabled, &rows); err != nil {
		return s, err
	}
	s.Bind.Direction = port.Direction(direction)
	switch {
	case s.Bind.MNO == "":
		return s, &SettingError{s.Bind, "mno", "the MNO's name"}
	case !s.Bind.Direction.Valid():
		return s, &SettingError{s.Bind, "direction", "tx, rx or trx"}
	case s.Bind.Number < 1:
		return s, &SettingError{s.Bind, "bind_id", "a number from 1"}
	case window != nil && *window < 1:
		return s, &SettingError{s.Bind, "window", "1 or more, or NULL for the operator's default"}
	case rows > 1:
		return s, &SettingError{s.Bind, "bind_id", fmt.Sprintf("one enabled row a bind and not %d: two owners would bind it", rows)}
	}
	if window != nil {
		s.Window = *window
	}
	return s, nil
}
