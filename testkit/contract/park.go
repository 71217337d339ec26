package contract

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// ReceiptPark asks of an adapter what port.ReceiptPark promises: a receipt that
// comes before its correlation waits, durably, for every pod to see. A receipt is
// the same as another when account, id and state are: an MNO that repeats one has
// it parked once.
func ReceiptPark(t *testing.T, open func(t *testing.T) port.ReceiptPark) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, port.ReceiptPark)
	}{
		{"what is parked later appears, whole", parkAppears},
		{"what was parked before appears", parkWasThere},
		{"what is taken out vanishes", parkVanishes},
		{"the same receipt again is parked once", parkRepeats},
		{"taking out what is not there is no error", parkUnknown},
		{"every pod sees it", parkEveryPod},
		{"states of one message are apart", parkStates},
		{"odd ids", parkOddIDs},
		{"hundreds at once", parkMany},
		{"watching ends with its context", parkWatchEnds},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

func receipt(operator, id string, state uint8) port.ParkedReceipt {
	return port.ParkedReceipt{
		Key:   port.CorrelationKey{OperatorID: operator, OperatorMessageID: id},
		State: state, Bind: port.BindID{MNO: "awcc", Direction: port.RX, Number: 1},
		HeardAt: submittedAt(), Source: "93700123456", Dest: "8080",
		Octets: []byte("id:" + id + " stat:DELIVRD err:000"),
		TLVs:   []byte{0x04, 0x27, 0x00, 0x01, 0x02}, Charset: 1,
	}
}

// parkWatch is what a pod knows of the park: what is in it, by what it was told.
type parkWatch struct {
	t        *testing.T
	operator string

	mu      sync.Mutex
	parked  map[string]port.ParkedReceipt
	changed chan struct{}
}

func name(r port.ParkedReceipt) string {
	return fmt.Sprintf("%s/%q/%d", r.Key.OperatorID, r.Key.OperatorMessageID, r.State)
}

// watch begins to watch, for one account, until the test ends.
func watch(t *testing.T, p port.ReceiptPark, operator string) *parkWatch {
	t.Helper()
	w := &parkWatch{t: t, operator: operator, parked: make(map[string]port.ParkedReceipt), changed: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = p.Watch(ctx, w.appear, w.vanish) // it ends with the test: its error is the context's
	}()
	t.Cleanup(func() { cancel(); <-done })
	return w
}

func (w *parkWatch) appear(r port.ParkedReceipt) {
	w.change(r, func() { w.parked[name(r)] = r })
}

func (w *parkWatch) vanish(r port.ParkedReceipt) {
	w.change(r, func() { delete(w.parked, name(r)) })
}

func (w *parkWatch) change(r port.ParkedReceipt, do func()) {
	if r.Key.OperatorID != w.operator {
		return
	}
	w.mu.Lock()
	do()
	w.mu.Unlock()
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

// until waits for a state of the park, as this pod knows it.
func (w *parkWatch) until(what string, reached func(parked map[string]port.ParkedReceipt) bool) {
	w.t.Helper()
	timeout := time.After(callTimeout)
	for {
		w.mu.Lock()
		ok, n := reached(w.parked), len(w.parked)
		w.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-w.changed:
		case <-timeout:
			w.t.Fatalf("waited %v for %s; the park holds %d receipts", callTimeout, what, n)
		}
	}
}

func (w *parkWatch) untilCount(n int) {
	w.t.Helper()
	w.until(fmt.Sprintf("%d receipts", n), func(parked map[string]port.ParkedReceipt) bool { return len(parked) == n })
}

// has returns the receipt as this pod was told of it.
func (w *parkWatch) has(r port.ParkedReceipt) (port.ParkedReceipt, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	got, ok := w.parked[name(r)]
	return got, ok
}

func park(t *testing.T, p port.ReceiptPark, receipts ...port.ParkedReceipt) {
	t.Helper()
	if err := p.Park(within(t), receipts); err != nil {
		t.Fatalf("Park %d receipts: %v", len(receipts), err)
	}
}

func unpark(t *testing.T, p port.ReceiptPark, receipts ...port.ParkedReceipt) {
	t.Helper()
	if err := p.Unpark(within(t), receipts); err != nil {
		t.Fatalf("Unpark %d receipts: %v", len(receipts), err)
	}
}

func parkAppears(t *testing.T, p port.ReceiptPark) {
	w := watch(t, p, unique(t))
	r := receipt(w.operator, "77", 2)
	r.Octets = append(r.Octets, 0, 0xff, 0x80)
	park(t, p, r)
	w.untilCount(1)
	got, ok := w.has(r)
	if !ok {
		t.Fatal("another receipt than the one that was parked appeared")
	}
	if !got.HeardAt.Equal(r.HeardAt) {
		t.Errorf("heard at %v, want %v", got.HeardAt, r.HeardAt)
	}
	if got.Bind != r.Bind || got.Source != r.Source || got.Dest != r.Dest || got.Charset != r.Charset ||
		string(got.Octets) != string(r.Octets) || string(got.TLVs) != string(r.TLVs) {
		t.Errorf("came back as %+v, want %+v", got, r)
	}
}

func parkWasThere(t *testing.T, p port.ReceiptPark) {
	operator := unique(t)
	park(t, p, receipt(operator, "1", 2), receipt(operator, "2", 2), receipt(operator, "3", 5))
	watch(t, p, operator).untilCount(3)
}

func parkVanishes(t *testing.T, p port.ReceiptPark) {
	w := watch(t, p, unique(t))
	one, two := receipt(w.operator, "1", 2), receipt(w.operator, "2", 2)
	park(t, p, one, two)
	w.untilCount(2)
	unpark(t, p, port.ParkedReceipt{Key: one.Key, State: one.State}) // its name is enough
	w.untilCount(1)
	if _, ok := w.has(two); !ok {
		t.Error("the wrong receipt vanished")
	}
	watch(t, p, w.operator).untilCount(1) // nor does it come back for one who watches later
	park(t, p, one)
	w.untilCount(2) // and it may be parked again
}

func parkRepeats(t *testing.T, p port.ReceiptPark) {
	w := watch(t, p, unique(t))
	r := receipt(w.operator, "again", 2)
	park(t, p, r, r)
	park(t, p, r)
	w.untilCount(1)
	unpark(t, p, r)
	w.untilCount(0)
}

func parkUnknown(t *testing.T, p port.ReceiptPark) {
	operator := unique(t)
	never := receipt(operator, "never parked", 2)
	park(t, p)
	unpark(t, p)
	unpark(t, p, never)
	park(t, p, never)
	watch(t, p, operator).untilCount(1)
	unpark(t, p, never)
	unpark(t, p, never)
}

func parkEveryPod(t *testing.T, p port.ReceiptPark) {
	operator := unique(t)
	var pods []*parkWatch
	for range 3 {
		pods = append(pods, watch(t, p, operator))
	}
	r := receipt(operator, "seen by all", 2)
	park(t, p, r)
	for _, w := range pods {
		w.untilCount(1)
	}
	unpark(t, p, r)
	for _, w := range pods {
		w.untilCount(0)
	}
}

func parkStates(t *testing.T, p port.ReceiptPark) {
	w := watch(t, p, unique(t))
	enroute, delivered := receipt(w.operator, "1", 1), receipt(w.operator, "1", 2)
	park(t, p, enroute, delivered)
	w.untilCount(2)
	unpark(t, p, enroute)
	w.untilCount(1)
	if _, ok := w.has(delivered); !ok {
		t.Error("taking out the intermediate receipt took the final one")
	}
}

func parkOddIDs(t *testing.T, p port.ReceiptPark) {
	w := watch(t, p, unique(t))
	var receipts []port.ParkedReceipt
	for _, id := range oddIDs() {
		receipts = append(receipts, receipt(w.operator, id, 2))
	}
	park(t, p, receipts...)
	w.untilCount(len(receipts))
	for _, r := range receipts {
		if _, ok := w.has(r); !ok {
			t.Errorf("the receipt of id %q did not appear", r.Key.OperatorMessageID)
		}
	}
	unpark(t, p, receipts...)
	w.untilCount(0)
}

func parkMany(t *testing.T, p port.ReceiptPark) {
	const n = 1500
	w := watch(t, p, unique(t))
	receipts := make([]port.ParkedReceipt, n)
	for i := range receipts {
		receipts[i] = receipt(w.operator, fmt.Sprint(i), 2)
	}
	park(t, p, receipts...)
	w.untilCount(n)
	unpark(t, p, receipts...)
	w.untilCount(0)
}

func parkWatchEnds(t *testing.T, p port.ReceiptPark) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	ignore := func(port.ParkedReceipt) {}
	go func() { ended <- p.Watch(ctx, ignore, ignore) }()
	park(t, p, receipt(unique(t), "1", 2))
	cancel()
	select {
	case <-ended:
	case <-time.After(callTimeout):
		t.Fatal("Watch goes on after its context has ended")
	}
}
