package actors_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors"
	"github.com/ghasi/smpp-connector/actors/control"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// wantReady holds a pod to be ready, or to say why not; "": it is.
func wantReady(t *testing.T, when, name string, s *actors.System, want string) {
	t.Helper()
	err := s.Ready()
	if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
		t.Errorf("%s: %s says %v, want %q", when, name, err, want)
	}
}

// US-SC-015: a pod is ready when its bind is BOUND; one without a bind of its own is
// ready too, but not before it knows, and not when a bind falls to it, until that is BOUND.
func TestUSSC015APodWithoutABindIsReady(t *testing.T) {
	inBubble(t, func(r *rig) {
		p := newPool(r, 2)
		r.failAccounts(errors.New("the service is down"))
		a := p.add()
		p.after(500 * time.Millisecond)
		wantReady(t, "no account", a.name, a.system, "operator awcc")
		r.failAccounts(nil)
		p.after(5*time.Second + 200*time.Millisecond) // the fetch is tried again after 5 s
		wantReady(t, "within the wait for others", a.name, a.system, "not known yet")
		p.spread(t, 2, 5*time.Second, "one pod")
		wantReady(t, "bound", a.name, a.system, "")
		second, spare := p.add(), p.add()
		wantReady(t, "at once", spare.name, spare.system, "no bind is BOUND")
		p.after(5 * time.Second)
		if spare.system.Tree().Bound() > 0 {
			second, spare = spare, second
		}
		if owners := p.bound(); len(owners) != 2 || second.system.Tree().Bound() != 1 {
			t.Errorf("three pods: %v", owners)
		}
		wantReady(t, "two binds, three pods", spare.name, spare.system, "")
		p.remove(a, true)
		p.after(2 * time.Second)
		wantReady(t, "it took over", spare.name, spare.system, "")
		if n := spare.system.Tree().Bound(); n != 1 {
			t.Errorf("the spare pod has %d binds", n)
		}
		r.refuseDials(errors.New("the MNO is away"))
		p.mno.Do(smsc.DropLine())
		p.after(time.Second)
		wantReady(t, "the line is lost", spare.name, spare.system, "no bind is BOUND")
		p.close()
	})
}

// US-SC-015: a pod whose binds are all in maintenance is ready; with the maintenance's
// end it is not, until one is BOUND. A paused bind stays BOUND.
func TestUSSC015APodInMaintenanceIsReady(t *testing.T) {
	for _, alone := range []bool{false, true} { // with leases, and without
		inBubble(t, func(r *rig) {
			r.alone = alone
			r.start()
			r.after(10 * time.Second)
			r.must(control.Command{Verb: control.MaintenanceOn, MNO: "awcc"})
			r.after(time.Second)
			wantReady(t, "in maintenance", "the pod", r.system, "")
			r.orders, _ = r.mem.Orders.All(context.Background())
			r.stop()
			r.start()
			r.after(10 * time.Second)
			wantReady(t, "started in maintenance", "the pod", r.system, "")
			r.refuseDials(errors.New("the MNO is away"))
			r.must(control.Command{Verb: control.MaintenanceOff, MNO: "awcc"})
			r.after(time.Second)
			wantReady(t, "after it", "the pod", r.system, "no bind is BOUND")
			r.refuseDials(nil)
			r.after(2 * time.Minute)
			wantReady(t, "bound", "the pod", r.system, "")
			r.must(control.Command{Verb: control.Pause, Bind: "awcc.trx.1"})
			r.after(time.Second)
			wantReady(t, "paused", "the pod", r.system, "")
		})
	}
}
