package page_test

import (
	"fmt"
	"sync"
	"time"

	"github.com/ghasi/smpp-connector/actors/vitals"
	"github.com/ghasi/smpp-connector/infra/page"
)

// stage is a process of so many binds.
type stage struct {
	mu     sync.Mutex
	looks  int
	actors []vitals.Actor
}

var begun = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

func newStage(binds int) *stage {
	s := &stage{actors: []vitals.Actor{{Path: "connector", Kind: "connector", State: "running", Since: begun}}}
	for i := range binds {
		path := fmt.Sprintf("connector/operator/mno%d/bind/mno%d/trx/%d", i/100, i/100, i%100+1)
		s.actors = append(s.actors, vitals.Actor{Path: path, Kind: "bind", State: "BOUND", Since: begun, Bind: &vitals.Bind{
			Bind: fmt.Sprintf("mno%d.trx.%d", i/100, i%100+1), MNO: fmt.Sprintf("mno%d", i/100), Direction: "trx", Number: i%100 + 1, OperatorID: fmt.Sprintf("mno%d", i/100),
			State: "BOUND", Life: "BOUND", Since: begun, Bound: true, Window: 100, Configured: 100, TPSLimit: 200, LimitedBy: "queue",
			Statuses: []vitals.StatusShare{{Status: "ESME_ROK", Recent: 1, Total: 1}}, Lines: []vitals.Line{{Role: "trx", State: "BOUND", Since: begun}}}})
		for _, kind := range []string{"concat", "sequence", "session", "window"} {
			s.actors = append(s.actors, vitals.Actor{Path: path + "/" + kind, Kind: kind, State: "running", Since: begun})
		}
	}
	return s
}

func (s *stage) page() *page.Page {
	return page.New(page.Options{Look: s.look, History: func(bind string) ([]vitals.Sample, bool) {
		return []vitals.Sample{{At: begun, State: "BOUND", Rate: 3}}, bind == "mno0.trx.1"
	}})
}

func (s *stage) look() page.View {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looks++
	v := page.View{Pod: "pod-1", Version: "1.2.3", At: begun, Ready: false, Reasons: []string{"nats: away"}}
	for _, a := range s.actors {
		if a.Bind != nil {
			b := *a.Bind
			a.Bind = &b
		}
		v.Actors = append(v.Actors, a)
	}
	return v
}

// change edits the bind of a name.
func (s *stage) change(bind string, edit func(*vitals.Actor)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.actors {
		if b := s.actors[i].Bind; b != nil && b.Bind == bind {
			edit(&s.actors[i])
		}
	}
}

// work has every bind do something.
func (s *stage) work(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.actors {
		if b := s.actors[i].Bind; b != nil {
			b.TPS, b.InFlight, b.Sequence = 100+(n+i)%17, int64((n*7+i)%60), uint32(n*100+i)
			b.P99Ms = float32(10 + (n+i)%30)
			b.Receipts, b.ReceiptsTotal, b.LastReceipt = uint64(n+i), uint64(n*100+i), begun.Add(time.Duration(n)*time.Second)
			b.Statuses = []vitals.StatusShare{{Status: "ESME_ROK", Recent: uint64(n*100 + i), Total: uint64(n*100 + i)}}
		} else {
			s.actors[i].Mailbox = (n + i) % 4
		}
	}
}

// drop takes every actor of a bind away.
func (s *stage) drop(below string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.actors[:0]
	for _, a := range s.actors {
		if len(a.Path) < len(below) || a.Path[:len(below)] != below {
			kept = append(kept, a)
		}
	}
	s.actors = kept
}
