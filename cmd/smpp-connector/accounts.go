package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ghasi/smpp-connector/actors"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/config"
	"github.com/ghasi/smpp-connector/infra/line"
	"github.com/ghasi/smpp-connector/infra/natsjs"
)

// accounts makes what the actors know of an operator out of the configuration,
// the credentials answer where there is a service, and the bind settings.
type accounts struct {
	cfg         func() *config.Config // in force
	credentials port.Credentials      // nil: the configuration has them
	settings    port.BindSettings     // nil: `binds: N` of the configuration
	streams     dispatchStreams       // nil: nothing has to be made
	listener    event.Listener        // hears of certificates; nil: nobody does

	mu       sync.Mutex
	outbinds map[string]*line.Outbind // by what they listen on and expect
}

// dispatchStreams makes what commands for an operator wait in, where that is not made
// for all at once.
type dispatchStreams interface {
	EnsureDispatch(ctx context.Context, operatorID string, mnos []string) error
}

// Fetch implements actors.Accounts. Of an operator that this pod serves, and not only
// stands in for, it also sees to it that commands can be sent to it: at each refresh,
// so that a subject that went missing comes back.
func (a *accounts) Fetch(ctx context.Context, operatorID string) (*actors.Account, error) {
	account, err := a.find(ctx, operatorID)
	if err != nil || a.streams == nil || !slices.Contains(operatorIDs(a.cfg()), operatorID) {
		return account, err
	}
	if err := a.streams.EnsureDispatch(ctx, operatorID, mnosOf(account)); err != nil && !errors.Is(err, natsjs.ErrAway) {
		return nil, err
	}
	return account, nil
}

// backoff is how long to wait before an operator's account is asked for again: as before
// a redial (decisions.md 002).
func (a *accounts) backoff(operatorID string) (schedule []time.Duration, jitter float64) {
	op, _ := a.cfg().Operator(operatorID)
	return op.Timers.Backoff, op.Timers.BackoffJitter
}

// mnosOf are the MNOs that an account has binds to.
func mnosOf(account *actors.Account) (mnos []string) {
	for _, b := range account.Binds {
		if !slices.Contains(mnos, b.Bind.MNO) {
			mnos = append(mnos, b.Bind.MNO)
		}
	}
	if len(mnos) == 0 { // all are switched off
		mnos = append(mnos, account.MNO)
	}
	return mnos
}

// find makes the account of what is known of it.
func (a *accounts) find(ctx context.Context, operatorID string) (*actors.Account, error) {
	cfg := a.cfg()
	op, known := cfg.Operator(operatorID)
	if !known {
		return nil, fmt.Errorf("operator %q: %w: add it under `operators:`", operatorID, port.ErrUnknownOperator)
	}
	op, err := op.Reread()
	if err != nil {
		return nil, fmt.Errorf("operator %q: %w", operatorID, err)
	}
	if a.credentials != nil {
		answer, err := a.credentials.Fetch(ctx, operatorID)
		if err != nil {
			return nil, err
		}
		if op, err = op.Merge(plain(answer)); err != nil {
			return nil, fmt.Errorf("operator %q: credentials answer: %w", operatorID, err)
		}
	}
	account, err := a.account(cfg, op)
	if err != nil {
		return nil, fmt.Errorf("operator %q: %w", operatorID, err)
	}
	if a.settings != nil {
		rows, err := a.settings.Binds(ctx, operatorID, "")
		if err != nil {
			return nil, fmt.Errorf("operator %q: read ops.smpp_binds: %w", operatorID, err)
		}
		if len(rows) > 0 {
			account.Binds, err = ours(cfg, operatorID, rows)
			return account, err
		}
	}
	account.Binds = numbered(cfg, op, account.MNO)
	if err := a.shared(ctx, cfg, account); err != nil {
		return nil, err
	}
	return account, nil
}

// shared is the error of binds that the configuration numbers and that are another
// operator's of this pod as well: one bind has one account (US-SC-016). To number the
// operators of an MNO one after the other would not do: a pod with another list of them
// would mean another account by the same name.
func (a *accounts) shared(ctx context.Context, cfg *config.Config, account *actors.Account) error {
	for _, other := range cfg.Operators {
		if other.ID == account.OperatorID || mnoOf(cfg, other) != account.MNO {
			continue
		}
		theirs := numbered(cfg, other, account.MNO)
		if a.settings != nil {
			rows, err := a.settings.Binds(ctx, other.ID, "")
			if err != nil {
				return fmt.Errorf("operator %q: read ops.smpp_binds of operator %q: %w", account.OperatorID, other.ID, err)
			}
			if len(rows) > 0 {
				theirs = rows
			}
		}
		free := 1
		for _, b := range theirs {
			free = max(free, b.Bind.Number+1)
		}
		for _, b := range account.Binds {
			if slices.ContainsFunc(theirs, func(t port.BindSetting) bool { return t.Bind == b.Bind }) {
				return fmt.Errorf("operator %q: bind %s is operator %q's as well: give one of the two an operators[].firstBind of its own (%d is free for %q), the same on every pod, or put the binds of both into ops.smpp_binds",
					account.OperatorID, b.Bind, other.ID, free, account.OperatorID)
			}
		}
	}
	return nil
}

// ours are the enabled rows of an operator that are this pod's: of its MNO and its
// direction, where it has them; of a backup they are all. Where all of those are
// switched off the account has no binds; where there are none, the rows and the pod
// contradict each other.
func ours(cfg *config.Config, operatorID string, rows []port.BindSetting) (binds []port.BindSetting, err error) {
	found, backup := false, !cfg.Serves(operatorID)
	for _, row := range rows {
		if backup || (cfg.MNO == "" || row.Bind.MNO == cfg.MNO) && (cfg.Direction == "" || string(row.Bind.Direction) == cfg.Direction) {
			found = true
			if row.Enabled {
				binds = append(binds, row)
			}
		}
	}
	if !found {
		return nil, fmt.Errorf("operator %q: ops.smpp_binds has %d binds of it, and none of mno %q in direction %q: add such a row, or correct MNO_ID and BIND_DIRECTION, or OPERATOR_IDS of this pod",
			operatorID, len(rows), cfg.MNO, cfg.Direction)
	}
	return binds, nil
}

// numbered are the binds of the configuration: N from the operator's first.
func numbered(cfg *config.Config, op config.Operator, mno string) []port.BindSetting {
	directions := []port.Direction{port.Direction(cfg.Direction)}
	switch {
	case cfg.Direction != "" && cfg.Serves(op.ID):
	case op.BindMode == config.ModeTXRX:
		directions = []port.Direction{port.TX, port.RX}
	default:
		directions[0] = port.Direction(op.BindMode)
	}
	var settings []port.BindSetting
	for i := range max(op.Binds, 1) {
		for _, d := range directions {
			settings = append(settings, port.BindSetting{Bind: port.BindID{MNO: mno, Direction: d, Number: max(op.FirstBind, 1) + i}, OperatorID: op.ID, Window: op.Window, Enabled: true})
		}
	}
	return settings
}

// mnoOf is the MNO that an operator's binds are named after.
func mnoOf(cfg *config.Config, op config.Operator) string {
	switch {
	case op.MNO != "":
		return op.MNO
	case cfg.MNO != "" && cfg.Serves(op.ID):
		return cfg.MNO
	}
	return op.ID
}

// outbind returns how to wait for the MNO's call; nil where we call it. The
// listener is made once and stays while the settings do.
func (a *accounts) outbind(op config.Operator) (func(context.Context) (net.Conn, error), error) {
	if op.Outbind.Listen == "" {
		return nil, nil
	}
	key := strings.Join([]string{op.Outbind.Listen, op.Outbind.SystemID, op.Outbind.Password.Reveal()}, "\x00")
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.outbinds[key] == nil {
		for known, o := range a.outbinds { // the same address under old settings
			if strings.HasPrefix(known, op.Outbind.Listen+"\x00") {
				o.Close()
				delete(a.outbinds, known)
			}
		}
		o, err := line.ListenOutbind(op.Outbind.Listen, op.Outbind.SystemID, op.Outbind.Password.Reveal())
		if err != nil {
			return nil, err
		}
		if a.outbinds == nil {
			a.outbinds = map[string]*line.Outbind{}
		}
		a.outbinds[key] = o
	}
	return a.outbinds[key].Dial, nil
}

// close stops waiting for calls.
func (a *accounts) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for key, o := range a.outbinds {
		o.Close()
		delete(a.outbinds, key)
	}
}
