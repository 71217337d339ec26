package actors

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// errNotServed is the error of asking about a command of an operator that this process
// does not serve: under which accounts it may have gone out, it does not know.
var errNotServed = errors.New("this process serves no account that it may have gone out under")

// WentOut writes into the dead letter of a command that was buried where it lay which of
// its parts an MNO has accepted, as its intake would have (US-SC-010, 013). An error says
// that something may be missing: what is known stands in it all the same.
func (s *System) WentOut(ctx context.Context, letter *contract.DispatchRejected) error {
	if letter.GetMessageId() == "" {
		return nil // nothing of it can have gone out
	}
	operators, complete := s.env.carriersOf(letter.GetSubject())
	var rows []port.Correlation
	for _, id := range operators {
		more, err := s.env.rowsOf(ctx, id, id, letter.GetMessageId())
		if err != nil {
			return fmt.Errorf("what has gone out of %s: %w", letter.GetMessageId(), err)
		}
		rows = append(rows, more...)
	}
	tellRows(letter, rows, letter.GetAmbiguous())
	if !complete {
		return errNotServed
	}
	return nil
}

// carriersOf are the operators whose accounts the commands of a subject go out under; not
// complete, if this process serves none of them and so does not know their backups either.
func (e *environment) carriersOf(subject string) (operators []string, complete bool) {
	operatorID, mno, _ := contract.SubjectOf(subject)
	if operatorID != "" {
		return []string{operatorID}, e.account(operatorID) != nil
	}
	for _, id := range e.served() {
		if account := e.account(id); account != nil && account.MNO == mno {
			operators = append(operators, id)
		}
	}
	slices.Sort(operators)
	return operators, len(operators) > 0
}
