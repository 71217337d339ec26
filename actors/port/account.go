package port

import (
	"context"
	"errors"

	contract "github.com/ghasi/smpp-connector/proto"
)

// ErrUnknownOperator is the Credentials error for an operator that the service
// (or the configuration) does not know. It is retried like every other.
var ErrUnknownOperator = errors.New("unknown operator")

// Credentials fetches an operator's account (US-SC-002):
// GET /internal/operators/{id}/smpp-credentials, or the configuration.
// The answer is complete: defaults are filled in and the fields are valid.
type Credentials interface {
	Fetch(ctx context.Context, operatorID string) (*contract.SmppCredentials, error)
}

// BindSettings lists the binds of a pod's (mno, direction) or of an operator.
type BindSettings interface {
	// Binds returns the rows of an operator, by number; with direction "" all of them.
	Binds(ctx context.Context, operatorID string, direction Direction) ([]BindSetting, error)
}
