// Package port says what the actors need from outside: small interfaces and the
// value types that cross them. It imports no driver and starts nothing; infra/*
// implements it, testkit/contract holds every implementation to one suite, and
// cmd is the only place where both sides meet.
//
// Every method that takes a context may block until it ends, so no actor calls
// one inside Receive: bridges call them on a goroutine and send the answer back
// as a message. Every method is safe for concurrent use unless it says otherwise.
package port

import (
	"fmt"
	"strconv"
	"strings"
)

// Direction is the direction of a bind: what MNO_ID × BIND_DIRECTION of a pod names (US-SC-016).
type Direction string

// The three bind directions of SMPP 3.4 §2.1.
const (
	TX  Direction = "tx"  // bind_transmitter: submits only
	RX  Direction = "rx"  // bind_receiver: receipts and MOs only, never pulls commands
	TRX Direction = "trx" // bind_transceiver: both
)

// Valid reports whether d is one of tx, rx and trx.
func (d Direction) Valid() bool { return d == TX || d == RX || d == TRX }

// Submits reports whether a bind of this direction may send submit_sm.
func (d Direction) Submits() bool { return d == TX || d == TRX }

// Receives reports whether a bind of this direction hears deliver_sm.
func (d Direction) Receives() bool { return d == RX || d == TRX }

// BindID names one bind: the MNO, the direction, and its number from 1.
type BindID struct {
	MNO       string
	Direction Direction
	Number    int
}

// String is the bind's name in keys and URLs: "awcc.trx.2".
func (b BindID) String() string { return b.join('.') }

// Path is the bind's name in PIDs and logs: "awcc/trx/2".
func (b BindID) Path() string { return b.join('/') }

func (b BindID) join(sep byte) string {
	buf := make([]byte, 0, len(b.MNO)+len(b.Direction)+5)
	buf = append(append(buf, b.MNO...), sep)
	buf = append(append(buf, b.Direction...), sep)
	return string(strconv.AppendInt(buf, int64(b.Number), 10))
}

// ParseBindID reads the form that String writes.
func ParseBindID(s string) (BindID, error) {
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return BindID{}, fmt.Errorf("bind %q: want mno.direction.number, as in awcc.trx.1", s)
	}
	n, err := strconv.Atoi(parts[2])
	id := BindID{MNO: parts[0], Direction: Direction(parts[1]), Number: n}
	if err != nil || n < 1 || id.MNO == "" || !id.Direction.Valid() {
		return BindID{}, fmt.Errorf("bind %q: want mno.direction.number with direction tx, rx or trx and a number from 1", s)
	}
	return id, nil
}

// BindSetting is one row of ops.smpp_binds, or, without Postgres, one of the
// `binds: N` of the operator's configuration.
type BindSetting struct {
	Bind       BindID
	OperatorID string
	Window     int // most PDUs in flight; 1 or more; 0 means the operator's default (US-SC-023)
	Enabled    bool
}
