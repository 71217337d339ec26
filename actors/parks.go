package actors

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ghasi/smpp-connector/actors/dlr"
	"github.com/ghasi/smpp-connector/actors/port"
)

// parkIndex is what this process has seen of the receipts that are parked, on
// any pod. With port.ReceiptPark's watch it makes both orders meet: whoever
// stores a row looks here, and whoever sees a receipt appear looks for its row.
type parkIndex struct {
	marked atomic.Int64 // receipts that were parked for a mark alone, and have gone
	count  atomic.Int64 // so that a row which is stored while nothing is parked costs one load
	mu     sync.Mutex
	byKey  map[port.CorrelationKey][]port.ParkedReceipt
	again  map[parkedName]bool  // their rematch failed: to be tried again
	news   []port.ParkedReceipt // that have appeared and were not looked at, in their order
	busy   bool                 // somebody looks at them
}

// parkedName is what makes a parked receipt the same as another.
type parkedName struct {
	key   port.CorrelationKey
	state uint8
}

func newParkIndex() *parkIndex {
	return &parkIndex{byKey: map[port.CorrelationKey][]port.ParkedReceipt{}, again: map[parkedName]bool{}}
}

func (p *parkIndex) add(r port.ParkedReceipt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.news = append(p.news, r)
	for i, known := range p.byKey[r.Key] {
		if known.State == r.State { // told again, perhaps because a number in it was forgotten
			p.byKey[r.Key][i] = r
			return
		}
	}
	p.byKey[r.Key] = append(p.byKey[r.Key], r)
	p.count.Add(1)
}

// begin reports whether the caller is to look at what has appeared: nobody else does.
func (p *parkIndex) begin() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy || len(p.news) == 0 {
		return false
	}
	p.busy = true
	return true
}

// next takes at most n of what has appeared; nothing: whoever began has ended.
func (p *parkIndex) next(n int) []port.ParkedReceipt {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.news[:min(n, len(p.news))]
	if p.news = p.news[len(list):]; len(p.news) == 0 {
		p.news = nil
	}
	p.busy = len(list) > 0
	return list
}

func (p *parkIndex) remove(r port.ParkedReceipt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.again, parkedName{r.Key, r.State})
	list := p.byKey[r.Key]
	for i, known := range list {
		if known.State != r.State {
			continue
		}
		p.count.Add(-1)
		if r.State&dlr.Published != 0 {
			p.marked.Add(1)
		}
		if len(list) == 1 {
			delete(p.byKey, r.Key)
			return
		}
		p.byKey[r.Key] = append(list[:i:i], list[i+1:]...)
		return
	}
}

// owed says of which receipts one of the same is parked for the mark alone. It is asked
// before the row is: when that one has gone by then, the row has the mark.
func (p *parkIndex) owed(keys []port.CorrelationKey, kind func(i int) uint8) []bool {
	owed := make([]bool, len(keys))
	if p.count.Load() == 0 {
		return owed
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, key := range keys {
		state := kind(i) | dlr.Published
		owed[i] = slices.ContainsFunc(p.byKey[key], func(r port.ParkedReceipt) bool { return r.State == state })
	}
	return owed
}

// owesFinal reports whether the mark is owed that a message of these rows has had its
// final event.
func (p *parkIndex) owesFinal(rows []port.Correlation) bool {
	if p.count.Load() == 0 {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(rows, func(row port.Correlation) bool {
		return slices.ContainsFunc(p.byKey[row.Key()], func(r port.ParkedReceipt) bool { return r.State == dlr.Published|port.Concluded })
	})
}

// waitingFor returns the parked receipts that rows have been stored for.
func (p *parkIndex) waitingFor(rows []port.Correlation) []port.ParkedReceipt {
	if p.count.Load() == 0 {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []port.ParkedReceipt
	for _, row := range rows {
		found = append(found, p.byKey[row.Key()]...)
	}
	return found
}

// all returns what is parked.
func (p *parkIndex) all() (list []port.ParkedReceipt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, receipts := range p.byKey {
		list = append(list, receipts...)
	}
	return list
}

// heardBefore returns at most n of those that were heard before at, or, where
// later says so of their bind, before another time.
func (p *parkIndex) heardBefore(at time.Time, n int, ours func(port.BindID) bool, others time.Time) (list []port.ParkedReceipt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, receipts := range p.byKey {
		for _, r := range receipts {
			if len(list) < n && (r.HeardAt.Before(others) || r.HeardAt.Before(at) && ours(r.Bind)) {
				list = append(list, r)
			}
		}
	}
	return list
}

// of returns what is parked for one account.
func (p *parkIndex) of(operatorID string) []port.ParkedReceipt {
	return slices.DeleteFunc(p.all(), func(r port.ParkedReceipt) bool { return r.Key.OperatorID != operatorID })
}

// doubt notes that the rematch of receipts has failed, or could not be made.
func (p *parkIndex) doubt(receipts []port.ParkedReceipt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range receipts {
		p.again[parkedName{r.Key, r.State}] = true
	}
}

// doubted takes about n of those out that are still parked, all of one id together.
func (p *parkIndex) doubted(n int) (list []port.ParkedReceipt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for name := range p.again {
		if len(list) >= n {
			break
		}
		delete(p.again, name)
		for _, r := range p.byKey[name.key] {
			other := parkedName{r.Key, r.State}
			if other == name || p.again[other] {
				delete(p.again, other)
				list = append(list, r)
			}
		}
	}
	return list
}
