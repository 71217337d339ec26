package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/ghasi/smpp-connector/actors/vitals"
	"github.com/ghasi/smpp-connector/config"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// on calls a command that finds the stage's connector by its data folder.
func (s *stage) on(t *testing.T, args ...string) (status int, out, complaints string) {
	t.Helper()
	return call(t, append(args, "--data", s.app.cfg.Load().DataDir)...)
}

// bind is what `binds --json` says of the stage's one bind.
func (s *stage) bind(t *testing.T) (b vitals.Bind) {
	t.Helper()
	status, out, complaints := s.on(t, "binds", "--json")
	if status != 0 || strings.Count(out, "\n") != 1 {
		t.Fatalf("exit status %d: %s%s", status, out, complaints)
	}
	if err := json.Unmarshal([]byte(out), &b); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return b
}

// Issue 7, point 5: binds shows every bind with owner, epoch, state, TPS, window and
// lags, for people and for programs, through NATS alone.
func TestBindsAreListed(t *testing.T) {
	s := setStage(t, []string{"LANES=P0,P1,P2", "POD_NAME=pod-7"})
	eventually(t, "the lag of each lane is known", func() bool {
		lanes := s.bind(t).Lanes
		return len(lanes) == 3 && !slices.ContainsFunc(lanes, func(l vitals.Lane) bool { return l.Lag < 0 })
	})
	if b := s.bind(t); b.Bind != "demo.trx.1" || b.State != "BOUND" || b.Owner != "pod-7" || b.Configured == 0 || len(b.Lanes) != 3 || b.Since.IsZero() {
		t.Errorf("%+v", b)
	}
	status, out, complaints := s.on(t, "binds")
	if status != 0 {
		t.Errorf("exit status %d: %s", status, complaints)
	}
	lines := strings.Split(out, "\n")
	if len(lines) != 3 {
		t.Fatalf("%s", out)
	}
	for _, want := range []string{"BIND", "STATE", "OWNER", "EPOCH", "TPS", "WINDOW", "LAG P0/P1/P2/P3", "RECEIPTS"} {
		if !strings.Contains(lines[0], want) {
			t.Errorf("%s is not in %s", want, lines[0])
		}
	}
	for _, want := range []string{"demo.trx.1", "BOUND", "pod-7", "0/0/0/-"} {
		if !strings.Contains(lines[1], want) {
			t.Errorf("%s is not in %s", want, lines[1])
		}
	}
	if status, out, _ := s.on(t, "binds", "list", "--mno", "mtn"); status != 0 || strings.Count(out, "\n") != 1 {
		t.Errorf("exit status %d: %s", status, out)
	}
}

// Issue 7, point 5: pause, resume and rebind a bind from a terminal; each is audited
// in the log and in the bucket.
func TestABindIsCommandedFromATerminal(t *testing.T) {
	s := setStage(t, nil)
	do := func(want string, args ...string) {
		t.Helper()
		status, out, complaints := s.on(t, append(args, "--yes", "--by", "noc@desk")...)
		if status != 0 || !strings.Contains(out, want) {
			t.Fatalf("%v: exit status %d: %s%s", args, status, out, complaints)
		}
	}
	do("paused demo.trx.1", "binds", "pause", "demo.trx.1")
	eventually(t, "the bind is paused", func() bool { b := s.bind(t); return b.Order == "paused" && b.LimitedBy == "paused" && b.Bound })
	do("pulls again: demo.trx.1", "binds", "resume", "demo.trx.1")
	s.command1(t, `{"messageId":"m1","to":"+93700000001","text":"Hello"}`)
	if err := s.mno.WaitSubmits(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	do("binds again: demo.trx.1", "binds", "rebind", "demo.trx.1")
	eventually(t, "the bind is made anew", func() bool { c := s.mno.Counts(); return c.Unbinds == 1 && c.Binds == 2 && c.Bound == 1 })

	kv, err := s.js.KeyValue(t.Context(), contract.BucketOrders)
	if err != nil {
		t.Fatal(err)
	}
	history, err := kv.History(t.Context(), "bind.demo.trx.1")
	if err != nil {
		t.Fatal(err)
	}
	var verbs []string
	for _, e := range history {
		var o struct{ Verb, By, At string }
		if err := json.Unmarshal(e.Value(), &o); err != nil || o.By != "noc@desk" || o.At == "" {
			t.Errorf("%v in %s", err, e.Value())
		}
		verbs = append(verbs, o.Verb)
	}
	if !slices.Equal(verbs, []string{"pause", "resume", "rebind"}) {
		t.Errorf("audit: %q", verbs)
	}
}

// Issue 7, point 5: maintenance unbinds, is on /metrics for the alerts, survives a
// restart of the connector, and ends.
func TestMaintenanceFromATerminal(t *testing.T) {
	s := &stage{mno: smsc.Start(t)}
	host, port := s.mno.HostPort()
	cfg := testConfig(t, "SMPP_HOST="+host, "SMPP_PORT="+strconv.Itoa(port))
	var stop func()
	s.app, stop = startUntil(t, cfg)
	awaitBound(t, s.mno, s.app, 1)
	if status, out, complaints := s.on(t, "maintenance", "on", "demo", "--yes"); status != 0 || !strings.Contains(out, "unbinds demo.trx.1") {
		t.Fatalf("exit status %d: %s%s", status, out, complaints)
	}
	eventually(t, "the bind has unbound", func() bool { c := s.mno.Counts(); return c.Unbinds == 1 && c.Bound == 0 })
	eventually(t, "the metric", func() bool {
		_, metrics := get(t, "http://"+s.app.http.HTTPAddr()+"/metrics")
		return strings.Contains(metrics, `smpp_maintenance{mno="demo"} 1`)
	})
	eventually(t, "binds shows it", func() bool { b := s.bind(t); return b.State == "DISCONNECTED" && b.Order == "maintenance" })
	if status, _, complaints := s.on(t, "binds", "rebind", "demo.trx.1", "--yes"); status != 1 || !strings.Contains(complaints, "maintenance off") {
		t.Errorf("exit status %d: %s", status, complaints)
	}
	stop()
	s.app, stop = startUntil(t, cfg)
	defer stop()
	eventually(t, "the new process says that the bind rests", func() bool {
		status, out, _ := s.on(t, "binds", "--json")
		return status == 0 && strings.Contains(out, `"order":"maintenance"`)
	})
	if c := s.mno.Counts(); c.Binds != 1 {
		t.Errorf("%d binds: the new process has bound in the maintenance", c.Binds)
	}
	if status, out, complaints := s.on(t, "maintenance", "off", "demo", "--yes"); status != 0 || !strings.Contains(out, "demo.trx.1") {
		t.Fatalf("exit status %d: %s%s", status, out, complaints)
	}
	eventually(t, "the bind is BOUND again", func() bool { return s.mno.Counts().Bound == 1 })
}

// startUntil runs an app until stop, or the end of the test.
func startUntil(t *testing.T, cfg *config.Config) (a *app, stop func()) {
	t.Helper()
	a, err := newApp(t.Context(), cfg, appOptions{log: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- a.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ran; err != nil {
			t.Errorf("the connector ended with: %v", err)
		}
	})
	t.Cleanup(stop)
	return a, stop
}

// What cannot be done is said with what can: unknown binds and MNOs, wrong words;
// nobody who could be asked; no connector at all.
func TestCommandsThatCannotBeDone(t *testing.T) {
	s := setStage(t, nil)
	for _, test := range []struct {
		args   []string
		status int
		want   []string
	}{
		{[]string{"binds", "pause", "demo.trx.9", "--yes"}, 1, []string{"no pod serves bind demo.trx.9", "demo.trx.1"}},
		{[]string{"maintenance", "on", "mtn", "--yes"}, 1, []string{"no pod serves MNO mtn", "demo"}},
		{[]string{"binds", "pause", "demo.trx.1"}, 2, []string{"would pause demo.trx.1", "--yes"}},
		{[]string{"binds", "pause", "demo/trx/1"}, 2, []string{"would pause demo.trx.1", "--yes"}}, // as the log has it
		{[]string{"binds", "pause", "demo"}, 2, []string{"mno.direction.number"}},
		{[]string{"binds", "pause"}, 2, []string{"want one"}},
		{[]string{"binds", "move", "demo.trx.1", "--yes"}, 2, []string{"to is empty"}},
		{[]string{"binds", "list", "demo.trx.1"}, 2, []string{"flags alone"}},
	} {
		status, _, complaints := s.on(t, test.args...)
		if status != test.status {
			t.Errorf("%v: exit status %d, want %d: %s", test.args, status, test.status, complaints)
		}
		for _, want := range test.want {
			if !strings.Contains(complaints, want) {
				t.Errorf("%v: %q is not in %s", test.args, want, complaints)
			}
		}
	}
	for _, args := range [][]string{{"binds", "explode"}, {"binds", "maintenance-on", "demo"}, {"maintenance"}, {"maintenance", "maybe", "demo"}} {
		if status, _, complaints := call(t, args...); status != 2 || !strings.Contains(complaints, "Usage") {
			t.Errorf("%v: exit status %d: %s", args, status, complaints)
		}
	}
	if got := s.bind(t); got.Order != "" || !got.Bound {
		t.Errorf("something was done: %+v", got)
	}
}

// Issue 7, point 5: the binds of all pods are listed and commanded over one NATS,
// from a machine that knows no address of a pod; no other MNO is touched.
func TestBindsOfSeveralPods(t *testing.T) {
	server := stack.NATS(t)
	mnos := map[string]*smsc.Server{}
	for _, id := range []string{"awcc", "mtn"} {
		mnos[id] = smsc.Start(t)
		host, port := mnos[id].HostPort()
		a := startApp(t, testConfig(t, "OPERATOR_IDS="+id, "POD_NAME=pod-"+id, "NATS_URL="+server.URL, "SMPP_HOST="+host, "SMPP_PORT="+strconv.Itoa(port)))
		awaitBound(t, mnos[id], a, 1)
	}
	status, out, complaints := call(t, "binds", "--nats", server.URL)
	if status != 0 || !strings.Contains(out, "awcc.trx.1") || !strings.Contains(out, "pod-awcc") || !strings.Contains(out, "mtn.trx.1") || !strings.Contains(out, "pod-mtn") {
		t.Fatalf("exit status %d: %s%s", status, out, complaints)
	}
	if status, out, complaints = call(t, "maintenance", "on", "mtn", "--nats", server.URL, "--yes"); status != 0 || !strings.Contains(out, "pod-mtn: unbinds mtn.trx.1") || strings.Contains(out, "awcc") {
		t.Fatalf("exit status %d: %s%s", status, out, complaints)
	}
	eventually(t, "mtn has unbound", func() bool { return mnos["mtn"].Counts().Bound == 0 })
	if c := mnos["awcc"].Counts(); c.Bound != 1 || c.Unbinds != 0 {
		t.Errorf("the other MNO: %d bound, %d unbinds", c.Bound, c.Unbinds)
	}
}

// Issue 7, point 5: a pod that lives and does not answer is named, the list is told to be
// incomplete by the exit status, and a command does not count as carried out by all.
func TestAPodThatDoesNotAnswerIsNamed(t *testing.T) {
	s := setStage(t, []string{"POD_NAME=pod-1"})
	kv, err := s.js.KeyValue(t.Context(), contract.BucketPods)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   []string
		status int
		out    string
	}{
		{[]string{"binds"}, 3, "demo.trx.1"},
		{[]string{"binds", "pause", "demo.trx.1", "--yes"}, 1, "paused demo.trx.1"},
	} {
		// Again where pod-1 too was held up for 2 s, or pod-2's word was older than its life.
		eventually(t, fmt.Sprintf("%v names pod-2 alone", c.args), func() bool {
			if _, err := kv.PutString(t.Context(), "demo.trx.stuck", `{"pod":"pod-2","wants":[1],"ordinal":-1}`); err != nil {
				t.Fatal(err)
			}
			status, out, complaints := s.on(t, append(c.args, "--wait", "2s")...)
			t.Logf("%v: exit status %d: %s%s", c.args, status, out, complaints)
			return status == c.status && strings.Contains(out, c.out) && strings.Contains(complaints, "pod pod-2 did not answer") && !strings.Contains(complaints, "pod-1")
		})
	}
}

// Issue 7, point 5: move hands a bind over to the pod that is named, from a terminal,
// while it carries traffic; nothing is lost or sent twice.
func TestABindIsMovedFromATerminal(t *testing.T) {
	server, mno := stack.NATS(t), smsc.Start(t)
	host, port := mno.HostPort()
	var s *stage
	for _, pod := range []string{"pod-a", "pod-b"} {
		a := startApp(t, testConfig(t, "OPERATOR_IDS=demo", "SMPP_BINDS=2", "POD_NAME="+pod, "NATS_URL="+server.URL, "SMPP_HOST="+host, "SMPP_PORT="+strconv.Itoa(port)))
		s = &stage{app: a, mno: mno}
	}
	list := func() map[string]vitals.Bind {
		binds := map[string]vitals.Bind{}
		status, out, complaints := call(t, "binds", "--nats", server.URL, "--json")
		if status != 0 {
			t.Logf("exit status %d: %s", status, complaints)
		}
		for line := range strings.Lines(out) {
			var b vitals.Bind
			if err := json.Unmarshal([]byte(line), &b); err != nil {
				t.Fatalf("%v in %s", err, line)
			}
			binds[b.Bind] = b
		}
		return binds
	}
	var before map[string]vitals.Bind
	eventually(t, "each pod has a bind", func() bool {
		before = list()
		one, two := before["demo.trx.1"], before["demo.trx.2"]
		return one.Bound && two.Bound && one.Owner != two.Owner && one.Epoch != 0
	})
	s.nc, s.js = dialNATS(t, server.URL)
	for i := range 500 {
		if _, err := s.js.Publish(t.Context(), contract.BindSubject("demo", "trx", 1), fmt.Appendf(nil, `{"messageId":"m%d","to":"+9370%07d","text":"Hello %d"}`, i, i, i)); err != nil {
			t.Fatal(err)
		}
	}
	one := before["demo.trx.1"]
	to := map[string]string{"pod-a": "pod-b", "pod-b": "pod-a"}[one.Owner]
	status, out, complaints := call(t, "binds", "move", "demo.trx.1", "--to", to, "--nats", server.URL, "--yes")
	if status != 0 || !strings.Contains(out, one.Owner+": hands over demo.trx.1") {
		t.Fatalf("exit status %d: %s%s", status, out, complaints)
	}
	eventually(t, "the other pod has it, under a later epoch", func() bool {
		now := list()["demo.trx.1"]
		return now.Owner == to && now.Bound && now.Epoch > one.Epoch
	})
	eventually(t, "all is sent", func() bool { return mno.Counts().Accepted >= 500 && s.unsettled(t) == 0 })
	if c := mno.Counts(); c.Accepted != 500 || c.Duplicates != 0 {
		t.Errorf("%d accepted, %d twice", c.Accepted, c.Duplicates)
	}
	if status, _, complaints = call(t, "binds", "move", "demo.trx.1", "--to", "pod-z", "--nats", server.URL, "--yes"); status != 1 || !strings.Contains(complaints, "pod-a, pod-b") {
		t.Errorf("exit status %d: %s", status, complaints)
	}
}

// US-SC-018: with one bind, a reserved pod that came first hands it to a pod of all lanes,
// and `binds` says why it has none.
func TestUSSC018AReservedPodSaysWhyItHasNoBind(t *testing.T) {
	server, mno := stack.NATS(t), smsc.Start(t)
	host, port := mno.HostPort()
	start := func(pod, lanes string) *app {
		return startApp(t, testConfig(t, "OPERATOR_IDS=demo", "LANES="+lanes, "POD_NAME="+pod, "NATS_URL="+server.URL, "SMPP_HOST="+host, "SMPP_PORT="+strconv.Itoa(port)))
	}
	awaitBound(t, mno, start("pod-a", "P0,P1"), 1)
	start("pod-b", "P0,P1,P2,P3")
	var out string
	eventually(t, "the pod of all lanes has the bind, and the other says why", func() bool {
		_, out, _ = call(t, "binds", "--nats", server.URL)
		return strings.Contains(out, "BOUND") && strings.Contains(strings.SplitN(out, "\n", 3)[1], "pod-b") &&
			strings.Contains(out, "pod pod-a: no bind: demo.trx has 1, for 2 pods; this one serves P0,P1 alone, and lanes that nobody would read go first")
	})
	if status, out, _ := call(t, "binds", "--nats", server.URL, "--json"); status != 0 || strings.Count(out, "\n") != 1 {
		t.Errorf("exit status %d, for programs: %s", status, out)
	}
}
