package control_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ghasi/smpp-connector/actors/control"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/actors/vitals"
)

// A command that cannot be understood says what is wrong with it, all at once.
func TestCheck(t *testing.T) {
	for _, test := range []struct {
		c    control.Command
		want []string // in the complaint; none: it is right
	}{
		{control.Command{Verb: control.List}, nil},
		{control.Command{Verb: control.Pause, Bind: "awcc.trx.1", ID: "1", By: "me"}, nil},
		{control.Command{Verb: control.MaintenanceOn, MNO: "awcc", ID: "1", By: "me"}, nil},
		{control.Command{Verb: "stop"}, []string{`"stop"`, "pause"}},
		{control.Command{Verb: control.Pause, Bind: "awcc/trx/1"}, []string{"awcc/trx/1", "by or id"}},
		{control.Command{Verb: control.Move, Bind: "awcc.trx.1", ID: "1", By: "me"}, []string{"to is empty"}},
		{control.Command{Verb: control.MaintenanceOn, ID: "1", By: "me"}, []string{"mno is empty"}},
		{control.Command{Verb: control.Resume, Bind: "awcc.trx.1", ID: "1", By: "me\nlevel=INFO"}, []string{"by has", "control character"}},
	} {
		err := test.c.Check()
		if (err == nil) != (len(test.want) == 0) {
			t.Errorf("%+v: %v", test.c, err)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%+v: %v does not say %q", test.c, err, want)
			}
		}
	}
}

// Maintenance is deeper than a pause, and each ends by its own command; a rebind
// leaves what stands alone.
func TestStanding(t *testing.T) {
	one := port.BindID{MNO: "awcc", Direction: port.TRX, Number: 1}
	two := port.BindID{MNO: "awcc", Direction: port.TRX, Number: 2}
	other := port.BindID{MNO: "mtn", Direction: port.TRX, Number: 1}
	s := control.NewStanding(nil)
	stored := map[string]port.Order{}
	revision := uint64(0)
	give := func(c control.Command) {
		revision++
		o := c.Order(stored[c.Target()])
		o.Revision = revision
		stored[o.Target] = o
		s = s.With(o)
	}
	for _, step := range []struct {
		c    control.Command
		want [3]control.Rest // of one, two, other
	}{
		{control.Command{Verb: control.Pause, Bind: "awcc.trx.1"}, [3]control.Rest{control.Paused, control.Works, control.Works}},
		{control.Command{Verb: control.Rebind, Bind: "awcc.trx.1"}, [3]control.Rest{control.Paused, control.Works, control.Works}},
		{control.Command{Verb: control.MaintenanceOn, MNO: "awcc"}, [3]control.Rest{control.Maintenance, control.Maintenance, control.Works}},
		{control.Command{Verb: control.Resume, Bind: "awcc.trx.2"}, [3]control.Rest{control.Maintenance, control.Maintenance, control.Works}},
		{control.Command{Verb: control.MaintenanceOff, MNO: "awcc"}, [3]control.Rest{control.Paused, control.Works, control.Works}},
		{control.Command{Verb: control.Resume, Bind: "awcc.trx.1"}, [3]control.Rest{}},
	} {
		give(step.c)
		if got := [3]control.Rest{s.Of(one), s.Of(two), s.Of(other)}; got != step.want {
			t.Errorf("after %s: %v, want %v", step.c.Verb, got, step.want)
		}
	}
}

// A move says where the bind is at home, until it may be anywhere again; other
// commands leave that alone.
func TestMove(t *testing.T) {
	bind := port.BindID{MNO: "awcc", Direction: port.TRX, Number: 1}
	var o port.Order
	for i, step := range []struct {
		c    control.Command
		want string
	}{
		{control.Command{Verb: control.Pause, Bind: "awcc.trx.1"}, ""},
		{control.Command{Verb: control.Move, Bind: "awcc.trx.1", To: "pod-2"}, "pod-2"},
		{control.Command{Verb: control.Resume, Bind: "awcc.trx.1"}, "pod-2"},
		{control.Command{Verb: control.Move, Bind: "awcc.trx.1", To: control.Anywhere}, ""},
	} {
		o = step.c.Order(o)
		o.Revision = uint64(i + 1)
		if got := control.NewStanding(nil).With(o).Homes()[bind]; got != step.want {
			t.Errorf("after %s: at home on %q, want %q", step.c.Verb, got, step.want)
		}
	}
}

// An order that comes late does not undo a later one; one that was deleted is gone.
func TestStandingKeepsTheLatest(t *testing.T) {
	bind := port.BindID{MNO: "awcc", Direction: port.TRX, Number: 1}
	target := control.TargetBind(bind.String())
	s := control.NewStanding([]port.Order{{Target: target, Halt: true, Revision: 5}})
	if s.With(port.Order{Target: target, Revision: 4}).Of(bind) != control.Paused {
		t.Error("revision 4 undid revision 5")
	}
	if s.With(port.Order{Target: target, Revision: 6}).Of(bind) != control.Works || s.With(port.Order{Target: target}).Of(bind) != control.Works {
		t.Error("a later order, or a deletion, changed nothing")
	}
	if s.Of(bind) != control.Paused {
		t.Error("With changed what it was called on")
	}
}

// The roll has each bind once, from the pod that serves it.
func TestRoll(t *testing.T) {
	roll := control.Roll([]control.Answer{
		{Pod: "a", List: []vitals.Bind{{Bind: "mtn.tx.1", MNO: "mtn", Direction: "tx", Number: 1, Owner: "a"}, {Bind: "awcc.tx.2", MNO: "awcc", Direction: "tx", Number: 2}}},
		{Pod: "b", List: []vitals.Bind{{Bind: "awcc.tx.10", MNO: "awcc", Direction: "tx", Number: 10, Owner: "b"}, {Bind: "awcc.tx.2", MNO: "awcc", Direction: "tx", Number: 2, Owner: "b", Bound: true}}},
	})
	var names []string
	for _, b := range roll {
		names = append(names, b.Bind+" "+b.Owner)
	}
	if want := []string{"awcc.tx.2 b", "awcc.tx.10 b", "mtn.tx.1 a"}; !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
	if got := control.MNOs(roll); got != "awcc, mtn" {
		t.Errorf("MNOs: %q", got)
	}
}
