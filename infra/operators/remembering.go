package operators

import (
	"context"
	"errors"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Remembering answers with the last good account while Next cannot: a bind that
// was lost during an outage of the service is made again. It remembers in
// memory only, so a process that starts during the outage has nothing. The zero
// value, with Next set, is ready; it is safe for concurrent use.
type Remembering struct {
	Next port.Credentials

	mu   sync.Mutex
	last map[string]*contract.SmppCredentials
}

var _ port.Credentials = (*Remembering)(nil)

// Fetch implements port.Credentials. An operator that the service no longer
// knows is forgotten: its account was taken away, which is an answer.
func (r *Remembering) Fetch(ctx context.Context, operatorID string) (*contract.SmppCredentials, error) {
	account, err := r.Next.Fetch(ctx, operatorID)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil:
		if r.last == nil {
			r.last = map[string]*contract.SmppCredentials{}
		}
		r.last[operatorID] = proto.CloneOf(account)
		return account, nil
	case errors.Is(err, port.ErrUnknownOperator):
		delete(r.last, operatorID)
	case ctx.Err() == nil && r.last[operatorID] != nil:
		return proto.CloneOf(r.last[operatorID]), nil
	}
	return nil, err
}
