package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/testkit/smsc"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// US-SC-015: of two pods that share one bind both are /ready, so that a rolling update
// goes on; in a maintenance too. Who drains is not, from the first moment, and the
// other is ready with the bind.
func TestUSSC015ASparePodIsReady(t *testing.T) {
	server, mno := stack.NATS(t), smsc.Start(t)
	host, port := mno.HostPort()
	var pods []*app
	for i := range 2 {
		pods = append(pods, startApp(t, testConfig(t, fmt.Sprint("POD_NAME=pod-", i), "NATS_URL="+server.URL, "SMPP_HOST="+host, "SMPP_PORT="+strconv.Itoa(port))))
	}
	ready := func(a *app) (bool, string) {
		code, body := get(t, "http://"+a.http.HTTPAddr()+"/ready")
		return code == 200, body
	}
	allReady := func() bool {
		for _, a := range pods {
			if is, _ := ready(a); !is {
				return false
			}
		}
		return true
	}
	bound := func(n int) func() bool { return func() bool { return mno.Counts().Bound == n && allReady() } }
	eventually(t, "both are ready with one bind", bound(1))
	for _, step := range []struct {
		verb string
		n    int
	}{{"on", 0}, {"off", 1}} {
		if status, _, complaints := call(t, "maintenance", step.verb, "demo", "--nats", server.URL, "--yes"); status != 0 {
			t.Fatalf("exit status %d: %s", status, complaints)
		}
		eventually(t, "both are ready, maintenance "+step.verb, bound(step.n))
	}
	owner, spare := pods[0], pods[1]
	eventually(t, "one of them says that it has the bind", func() bool { return owner.system.Load().Tree().Bound()+spare.system.Load().Tree().Bound() == 1 })
	if owner.system.Load().Tree().Bound() == 0 {
		owner, spare = spare, owner
	}
	owner.drain()
	if is, why := ready(owner); is || !strings.Contains(why, "stopping: draining") {
		t.Errorf("draining: /ready %v %s", is, why)
	}
	eventually(t, "the other has it", func() bool { is, _ := ready(spare); return is && spare.system.Load().Tree().Bound() == 1 })
}

// US-SC-015: an operator that is served no more, and a backup, whose account did not come, keep
// no pod that has no bind from being ready: nobody asks for those accounts any more.
func TestUSSC015WhoIsNotServedIsNotWaitedFor(t *testing.T) {
	var r reasons
	for _, id := range []string{"awcc", "roshan", "mtn"} {
		r.On(event.AccountUnavailable{OperatorID: id, Attempt: 1, Err: "the service answered 503"})
	}
	r.On(event.DependencyChanged{Name: "nats", Err: "no servers"})
	if got, want := r.list([]string{"awcc"}), []string{"nats: away: no servers", "operator awcc: the service answered 503"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	r.On(event.AccountFetched{OperatorID: "awcc"})
	r.On(event.DependencyChanged{Name: "nats", Up: true})
	if got := r.list([]string{"awcc", "etisalat"}); len(got) != 0 {
		t.Errorf("%q, want nothing", got)
	}
}
