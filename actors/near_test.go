package actors

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// slowFind is a store that knows nothing yet and takes its time to say so.
type slowFind struct{ port.CorrelationStore }

func (slowFind) Find(_ context.Context, keys []port.CorrelationKey) ([]*port.Correlation, error) {
	time.Sleep(time.Second)
	return make([]*port.Correlation, len(keys)), nil
}

// US-SC-011: a row that is accepted while the store is asked for it is found, but
// not before it is stored: the mark of a receipt on a row that is not there would
// be lost, and with it the final event of a message in parts.
func TestUSSC011ARowOnItsWayIsFoundOnceStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near := newNearStore(slowFind{}, 10, time.Hour)
		row := port.Correlation{OperatorID: "awcc", OperatorMessageID: "1", MessageID: "m", SubmittedAt: time.Now()}
		var found []*port.Correlation
		var err error
		go func() {
			found, err = near.Find(t.Context(), []port.CorrelationKey{row.Key(), {OperatorID: "awcc", OperatorMessageID: "2"}})
		}()
		synctest.Wait()
		stored := &commit{done: make(chan struct{})}
		near.expect([]port.Correlation{row}, stored)
		time.Sleep(time.Minute)
		synctest.Wait()
		if found != nil {
			t.Fatal("found before it was stored")
		}
		close(stored.done)
		synctest.Wait()
		if err != nil || len(found) != 2 || found[0] == nil || found[0].MessageID != "m" || found[1] != nil {
			t.Errorf("found %v, %v", found, err)
		}
	})
}

// A row whose write does not end is an error when patience does, not a guess.
func TestARowThatIsNotStoredInTimeIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near := newNearStore(slowFind{}, 10, time.Hour)
		row := port.Correlation{OperatorID: "awcc", OperatorMessageID: "1", MessageID: "m", SubmittedAt: time.Now()}
		near.expect([]port.Correlation{row}, &commit{done: make(chan struct{})})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, err := near.Find(ctx, []port.CorrelationKey{row.Key()}); err == nil {
			t.Error("no error")
		}
	})
}
