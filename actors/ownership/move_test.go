package ownership_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/ownership"
	"github.com/ghasi/smpp-connector/actors/port"
)

// Issue 7, point 5: a move that would have no effect, or leave a bind to nobody, is
// refused, with why and what to do: the pod is full, does not serve the bind, is not
// there, or leaves. A swap is a move.
func TestMoves(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	mtn := port.Group{MNO: "mtn", Direction: port.TX}
	claims := ownership.New(ownership.Identity{Pod: "me", Instance: "0", Ordinal: -1}, now)
	if err := claims.Moves().Refuse(awcc.Bind(1), "me"); err == nil || !strings.Contains(err.Error(), "not known yet") {
		t.Errorf("before anything is known: %v", err)
	}
	claims.LeasesKnown(true, now)
	claims.PodsKnown(true, now)
	claims.Wants(map[port.BindID]bool{awcc.Bind(1): true, awcc.Bind(2): true, awcc.Bind(3): true, mtn.Bind(7): true}, nil)
	hold := func(bind port.BindID, pod string, revision uint64) {
		claims.SeenLease(port.Lease{Bind: bind, Pod: pod, Instance: pod, Epoch: revision, Revision: revision}, now)
	}
	for _, p := range []port.Pod{
		{Group: awcc, Name: "one", Max: 1, Wants: []int{1, 2, 3}},
		{Group: awcc, Name: "homely", Max: 1, Wants: []int{1, 2, 3}},
		{Group: awcc, Name: "narrow", Wants: []int{2}},
		{Group: awcc, Name: "leaves", Wants: []int{1, 2, 3}, Leaving: true},
		{Group: mtn, Name: "homely", Max: 1, Wants: []int{7}},
	} {
		p.Instance, p.Ordinal = p.Name, -1
		claims.SeenPod(p, now)
	}
	hold(awcc.Bind(2), "one", 2)
	hold(awcc.Bind(3), "homely", 3)
	claims.Homes(map[port.BindID]string{awcc.Bind(3): "homely"})
	claims.Tick(now)
	for _, test := range []struct {
		to     string
		number int
		want   []string // none: it may
	}{
		{"me", 1, nil},
		{"me", 2, nil},
		{"homely", 3, nil}, // it is there already
		{"one", 1, nil},    // it has bind 2 now, and gives it away
		{"homely", 1, []string{"homely is full", "MAX_BINDS is 1", "it has awcc.trx.3", "move one of those away"}},
		{"narrow", 1, []string{"narrow does not serve bind awcc", "homely, me, one"}},
		{"leaves", 1, []string{"no pod leaves", "homely, me, narrow, one"}},
		{"nobody", 1, []string{"no pod nobody"}},
	} {
		err := claims.Moves().Refuse(awcc.Bind(test.number), test.to)
		if (err == nil) != (test.want == nil) {
			t.Errorf("%d to %s: %v", test.number, test.to, err)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%d to %s: %q is not in %v", test.number, test.to, want, err)
			}
		}
	}
}

// US-SC-018: a move that would leave a lane to nobody is refused, and says so; one beside
// which every lane is read is not.
func TestUSSC018AMoveThatLeavesALaneUnreadIsRefused(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	moves := func(binds int, homes map[port.BindID]string) ownership.Moves {
		claims := ownership.New(ownership.Identity{Pod: "whole", Instance: "0", Ordinal: -1, Lanes: allLanes}, now)
		claims.LeasesKnown(true, now)
		claims.PodsKnown(true, now)
		wants := map[port.BindID]bool{}
		for _, n := range numbers(binds) {
			wants[awcc.Bind(n)] = true
		}
		claims.Wants(wants, nil)
		claims.SeenPod(port.Pod{Group: awcc, Name: "reserved", Instance: "1", Ordinal: -1, Lanes: urgent, Wants: numbers(binds)}, now)
		claims.Homes(homes)
		claims.Tick(now)
		return claims.Moves()
	}
	for _, m := range []ownership.Moves{moves(1, nil), moves(2, map[port.BindID]string{awcc.Bind(2): "reserved"})} {
		err := m.Refuse(awcc.Bind(1), "reserved")
		if err == nil || !strings.Contains(err.Error(), "pod reserved serves P0,P1 alone, and with bind awcc.trx.1 there a lane that another pod serves would be read by nobody") {
			t.Errorf("%v", err)
		}
	}
	if err := moves(2, nil).Refuse(awcc.Bind(1), "reserved"); err != nil {
		t.Errorf("with a bind for each: %v", err)
	}
	if err := moves(1, nil).Refuse(awcc.Bind(1), "whole"); err != nil {
		t.Errorf("to the pod of all lanes: %v", err)
	}
}
