package postgres_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/infra/postgres"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// exec changes the database past the adapter, as operations do.
func exec(t testing.TB, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// US-SC-023: the window value is loaded from ops.smpp_binds.window per bind, and
// a reload sees what operations have changed.
func TestUSSC023WindowsComeFromOpsSmppBinds(t *testing.T) {
	url := stack.Postgres(t)
	db := open(t, url)
	binds, err := db.Binds(t.Context(), "awcc", port.TRX)
	if err != nil || len(binds) != 0 {
		t.Fatalf("an empty table: %v, %v", binds, err)
	}
	exec(t, url, `INSERT INTO ops.smpp_binds (mno, direction, bind_id, operator_id, "window", enabled) VALUES
		('awcc', 'trx', 10, 'awcc', 50, true), ('awcc', 'trx', 2, 'awcc', NULL, true), ('awcc', 'tx', 1, 'awcc', 1, false),
		('roshan', 'trx', 1, 'roshan', 10, true)`)
	setting := func(direction port.Direction, number, window int, enabled bool) port.BindSetting {
		return port.BindSetting{Bind: port.BindID{MNO: "awcc", Direction: direction, Number: number}, OperatorID: "awcc", Window: window, Enabled: enabled}
	}
	for direction, want := range map[port.Direction][]port.BindSetting{
		port.TRX: {setting(port.TRX, 2, 0, true), setting(port.TRX, 10, 50, true)},
		port.TX:  {setting(port.TX, 1, 1, false)},
		port.RX:  nil,
		"":       {setting(port.TX, 1, 1, false), setting(port.TRX, 2, 0, true), setting(port.TRX, 10, 50, true)},
	} {
		if got, err := db.Binds(t.Context(), "awcc", direction); err != nil || !slices.Equal(got, want) {
			t.Errorf("direction %q: %+v, %v; want %+v", direction, got, err, want)
		}
	}
	exec(t, url, `UPDATE ops.smpp_binds SET "window" = 20 WHERE bind_id = 10`)
	if got, err := db.Binds(t.Context(), "awcc", port.TRX); err != nil || got[1].Window != 20 {
		t.Errorf("after the window was changed: %+v, %v", got, err)
	}
}

// A table that operations made themselves has none of our checks.
func TestUSSC023ContradictingSettingsAreNamed(t *testing.T) {
	for column, values := range map[string]string{
		"mno":       `'', 'trx', 1, 'awcc', 5, true`,
		"direction": `'awcc', 'both', 1, 'awcc', 5, true`,
		"bind_id":   `'awcc', 'trx', 0, 'awcc', 5, true`,
		"window":    `'awcc', 'trx', 1, 'awcc', 0, true`,
		"bind_id ":  `'awcc', 'trx', 1, 'awcc', 5, true), ('awcc', 'trx', 1, 'roshan', 5, true`, // two accounts, one bind
	} {
		url := stack.Postgres(t)
		exec(t, url, `CREATE SCHEMA ops; CREATE TABLE ops.smpp_binds
			(mno text, direction text, bind_id int, operator_id text, "window" int, enabled bool);
			INSERT INTO ops.smpp_binds VALUES (`+values+`)`)
		_, err := open(t, url).Binds(t.Context(), "awcc", "")
		var wrong *postgres.SettingError
		if !errors.As(err, &wrong) || wrong.Column != strings.TrimSpace(column) || wrong.Want == "" {
			t.Errorf("got %v, want an error about column %s with what it should be", err, column)
		}
	}
}
