package memory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Credentials implements port.Credentials (US-SC-002).
type Credentials struct {
	Trouble

	mu       sync.Mutex
	accounts map[string]*contract.SmppCredentials
}

func newCredentials() *Credentials {
	return &Credentials{accounts: map[string]*contract.SmppCredentials{}}
}

// Put makes account the answer for its operatorId. The port's answers are
// complete, so the caller fills in what has defaults.
func (c *Credentials) Put(account *contract.SmppCredentials) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.accounts[account.GetOperatorId()] = proto.Clone(account).(*contract.SmppCredentials)
}

// Fetch implements port.Credentials.
func (c *Credentials) Fetch(ctx context.Context, operatorID string) (*contract.SmppCredentials, error) {
	answer, err := c.enter(ctx)
	if err = cmp.Or(err, answer); err != nil {
		return nil, fmt.Errorf("fetch the credentials of %s: %w", operatorID, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	account := c.accounts[operatorID]
	if account == nil {
		return nil, fmt.Errorf("fetch the credentials of %s: %w", operatorID, port.ErrUnknownOperator)
	}
	return proto.Clone(account).(*contract.SmppCredentials), nil
}

// Binds implements port.BindSettings.
type Binds struct {
	Trouble

	mu   sync.Mutex
	rows []port.BindSetting
}

// Put makes rows all that there are.
func (b *Binds) Put(rows ...port.BindSetting) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rows = slices.Clone(rows)
}

// Binds implements port.BindSettings.
func (b *Binds) Binds(ctx context.Context, operatorID string, direction port.Direction) ([]port.BindSetting, error) {
	answer, err := b.enter(ctx)
	if err = cmp.Or(err, answer); err != nil {
		return nil, fmt.Errorf("read the binds of operator %s: %w", operatorID, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []port.BindSetting
	for _, row := range b.rows {
		if row.OperatorID == operatorID && (direction == "" || row.Bind.Direction == direction) {
			found = append(found, row)
		}
	}
	slices.SortFunc(found, func(x, y port.BindSetting) int { return cmp.Compare(x.Bind.Number, y.Bind.Number) })
	return found, nil
}
