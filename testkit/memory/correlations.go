package memory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// Correlations implements port.CorrelationStore (US-SC-010, US-SC-011). A row is
// gone an hour after it expires; one without ExpiresAt stays.
type Correlations struct {
	Trouble

	mu       sync.Mutex
	rows     map[port.CorrelationKey]*port.Correlation
	messages map[message]map[port.CorrelationKey]bool // the keys of a message's rows
}

// keptAfter is how long a row stays after it has expired.
const keptAfter = time.Hour

// message is one message of an account.
type message struct{ operatorID, messageID string }

func newCorrelations() *Correlations {
	return &Correlations{
		rows:     map[port.CorrelationKey]*port.Correlation{},
		messages: map[message]map[port.CorrelationKey]bool{},
	}
}

// Save implements port.CorrelationStore: all rows or none.
func (s *Correlations) Save(ctx context.Context, rows []port.Correlation) error {
	for i, row := range rows {
		for field, value := range map[string]string{
			"operatorId": row.OperatorID, "operatorMessageId": row.OperatorMessageID, "messageId": row.MessageID,
		} {
			if value == "" {
				return fmt.Errorf("save %d correlations: row %d has no %s, and nothing could find it", len(rows), i, field)
			}
		}
	}
	answer, err := s.enter(ctx)
	if err != nil {
		return fmt.Errorf("save %d correlations: %w", len(rows), err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, row := range rows {
		s.put(row)
	}
	return answer
}

// put stores one row, unless it is there already; another message's row under
// the same id gives way.
func (s *Correlations) put(row port.Correlation) {
	if there := s.live(row.Key()); there != nil {
		if there.MessageID == row.MessageID && there.PartIndex == row.PartIndex {
			return
		}
		s.remove(there)
	}
	s.rows[row.Key()] = &row
	of := message{row.OperatorID, row.MessageID}
	if s.messages[of] == nil {
		s.messages[of] = map[port.CorrelationKey]bool{}
	}
	s.messages[of][row.Key()] = true
}

// All returns the rows that have not expired, in no order.
func (s *Correlations) All() (rows []port.Correlation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.rows {
		if row := s.live(key); row != nil {
			rows = append(rows, *row)
		}
	}
	return rows
}

func (s *Correlations) remove(row *port.Correlation) {
	of := message{row.OperatorID, row.MessageID}
	delete(s.rows, row.Key())
	delete(s.messages[of], row.Key())
	if len(s.messages[of]) == 0 {
		delete(s.messages, of)
	}
}

// live returns the row of a key, nil if there is none; an expired one goes now.
func (s *Correlations) live(key port.CorrelationKey) *port.Correlation {
	row := s.rows[key]
	if row != nil && !row.ExpiresAt.IsZero() && !row.ExpiresAt.Add(keptAfter).After(time.Now()) {
		s.remove(row)
		return nil
	}
	return row
}

// Find implements port.CorrelationStore.
func (s *Correlations) Find(ctx context.Context, keys []port.CorrelationKey) ([]*port.Correlation, error) {
	answer, err := s.enter(ctx)
	if err = cmp.Or(err, answer); err != nil {
		return nil, fmt.Errorf("find %d correlations: %w", len(keys), err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := make([]*port.Correlation, len(keys))
	for i, key := range keys {
		if row := s.live(key); row != nil {
			own := *row
			found[i] = &own
		}
	}
	return found, nil
}

// Parts implements port.CorrelationStore. A part that was submitted twice has two rows.
func (s *Correlations) Parts(ctx context.Context, operatorID, messageID string) ([]port.Correlation, error) {
	answer, err := s.enter(ctx)
	if err = cmp.Or(err, answer); err != nil {
		return nil, fmt.Errorf("list the parts of a message of %s: %w", operatorID, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	parts := []port.Correlation{}
	for key := range s.messages[message{operatorID, messageID}] {
		if row := s.live(key); row != nil {
			parts = append(parts, *row)
		}
	}
	slices.SortFunc(parts, func(a, b port.Correlation) int {
		return cmp.Or(cmp.Compare(a.PartIndex, b.PartIndex), a.SubmittedAt.Compare(b.SubmittedAt),
			cmp.Compare(a.OperatorMessageID, b.OperatorMessageID))
	})
	return parts, nil
}

// Unfinished implements port.CorrelationStore.
func (s *Correlations) Unfinished(ctx context.Context, operatorIDs []string, from, to time.Time) (rows []port.Correlation, err error) {
	answer, err := s.enter(ctx)
	if err = cmp.Or(err, answer); err != nil {
		return nil, fmt.Errorf("look for messages that have expired: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.rows {
		row := s.live(key)
		if row != nil && row.PartsTotal > 1 && row.Final != 0 && row.States&(1<<port.Concluded) == 0 &&
			row.ExpiresAt.After(from) && !row.ExpiresAt.After(to) && slices.Contains(operatorIDs, row.OperatorID) {
			rows = append(rows, *row)
		}
	}
	return rows, nil
}

// Mark implements port.CorrelationStore.
func (s *Correlations) Mark(ctx context.Context, marks []port.Mark) error {
	answer, err := s.enter(ctx)
	if err != nil {
		return fmt.Errorf("mark %d correlations: %w", len(marks), err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range marks {
		row := s.live(m.Key)
		if row == nil {
			continue
		}
		row.States |= 1 << (m.State & 15)
		if m.Final && row.Final == 0 {
			row.Final = m.State
		}
	}
	return answer
}

// Rows is how many rows there are.
func (s *Correlations) Rows() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.rows {
		s.live(key)
	}
	return len(s.rows)
}
