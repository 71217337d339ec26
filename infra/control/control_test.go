package control_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/ghasi/smpp-connector/actors/control"
	"github.com/ghasi/smpp-connector/actors/vitals"
	wire "github.com/ghasi/smpp-connector/infra/control"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

func connect(t *testing.T, url string) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(url, nats.Timeout(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// pod is one instance of the service, that serves some binds.
type pod struct {
	name  string
	binds []string
	mu    sync.Mutex
	did   []control.Command
	hang  chan struct{} // until it is closed no answer is given; nil: at once
}

func (p *pod) do(_ context.Context, c control.Command) control.Answer {
	if p.hang != nil {
		<-p.hang
	}
	a := control.Answer{Pod: p.name}
	if c.Verb == control.List {
		a.Known = true
		for _, b := range p.binds {
			a.List = append(a.List, vitals.Bind{Bind: b, Owner: p.name})
		}
		return a
	}
	if a.Known = slices.Contains(p.binds, c.Bind); a.Known {
		p.mu.Lock()
		p.did = append(p.did, c)
		p.mu.Unlock()
		a.Binds = []string{c.Bind}
	}
	return a
}

func serve(t *testing.T, url string, pods ...*pod) {
	t.Helper()
	for _, p := range pods {
		nc := connect(t, url)
		s, err := wire.Serve(nc, wire.Options{Pod: p.name, Version: "devel-abc", Do: p.do})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Stop)
		if err := nc.FlushTimeout(time.Minute); err != nil { // the server knows that it listens
			t.Fatal(err)
		}
	}
}

// Issue 7, point 5: a command reaches every pod, over NATS alone, and the answers of
// all are gathered; the one that serves the bind carries it out.
func TestEveryPodAnswers(t *testing.T) {
	server := stack.NATS(t)
	a, b, c := &pod{name: "a", binds: []string{"awcc.trx.1"}}, &pod{name: "b", binds: []string{"awcc.trx.2"}}, &pod{name: "c", binds: []string{"mtn.tx.1"}}
	serve(t, server.URL, a, b, c)
	// Whoever does not say who lives finds the pods by asking, and counts those that answer
	// within half a second of each other: on a busy machine it has several tries.
	client := &wire.Client{NC: connect(t, server.URL), Patience: time.Minute}
	answers, err := client.Ask(t.Context(), control.Command{Verb: control.List})
	for tries := 1; tries < 20 && err == nil && len(answers.List) < 3; tries++ {
		answers, err = client.Ask(t.Context(), control.Command{Verb: control.List})
	}
	if err != nil || len(answers.Silent) != 0 {
		t.Fatalf("%v, silent %v", err, answers.Silent)
	}
	client.Living = living("a", "b", "c")
	var names []string
	for _, bind := range control.Roll(answers.List) {
		names = append(names, bind.Bind+"@"+bind.Owner)
	}
	if want := []string{"awcc.trx.1@a", "awcc.trx.2@b", "mtn.tx.1@c"}; len(names) != 3 || !slices.Equal(slices.Sorted(slices.Values(names)), want) {
		t.Errorf("%q, want %q", names, want)
	}
	answers, err = client.Ask(t.Context(), control.Command{Verb: control.Pause, Bind: "awcc.trx.2", ID: "7", By: "noc"})
	if err != nil {
		t.Fatal(err)
	}
	known := control.Known(answers.List)
	if len(answers.List) != 3 || len(known) != 1 || known[0].Pod != "b" || len(b.did) != 1 || b.did[0].By != "noc" || b.did[0].ID != "7" || b.did[0].At.IsZero() || len(a.did)+len(c.did) != 0 {
		t.Errorf("%+v, %+v", answers, b.did)
	}
}

// A pod that is there and says nothing is named when the deadline has passed; the
// others' answers count.
func TestASilentPodIsNamed(t *testing.T) {
	server := stack.NATS(t)
	stuck := &pod{name: "stuck", hang: make(chan struct{})}
	defer close(stuck.hang)
	serve(t, server.URL, &pod{name: "well", binds: []string{"awcc.trx.1"}}, stuck)
	client := &wire.Client{NC: connect(t, server.URL)}
	patiently(t, client, func(answers *wire.Answers) bool {
		return slices.Equal(answers.Silent, []string{"stuck"}) && len(answers.List) == 1
	})
}

// living is who says of himself that he lives.
func living(names ...string) func(context.Context) ([]string, error) {
	return func(context.Context) ([]string, error) { return names, nil }
}

// patiently asks for the list where somebody will not answer, with more and more patience
// until the answers are what they should be: how long the others need is the machine's to say.
func patiently(t *testing.T, client *wire.Client, right func(*wire.Answers) bool) {
	t.Helper()
	var answers *wire.Answers
	var err error
	for client.Patience = 3 * time.Second; client.Patience < 40*time.Second; client.Patience *= 2 {
		if answers, err = client.Ask(t.Context(), control.Command{Verb: control.List}); err == nil && right(answers) {
			return
		}
	}
	t.Errorf("%v, %+v", err, answers)
}

// slow is a pod that the discovery does not find, and that answers late: one whose
// processor is another's for a second.
func slow(t *testing.T, url, name string) {
	t.Helper()
	nc := connect(t, url)
	if _, err := nc.Subscribe("smpp.control.list", func(m *nats.Msg) {
		time.Sleep(1500 * time.Millisecond) // thrice the discovery's time: what is tested
		_ = m.Respond([]byte(`{"pod":"` + name + `","known":true,"list":[{"bind":"awcc.trx.7","owner":"` + name + `"}]}`))
	}); err != nil {
		t.Fatal(err)
	}
	if err := nc.FlushTimeout(time.Minute); err != nil {
		t.Fatal(err)
	}
}

// Issue 7, point 5: a pod that lives and answers later than the discovery waits is in the
// list; one that lives and does not answer is named, also when no other pod is there.
func TestPodsThatLiveAreWaitedFor(t *testing.T) {
	server := stack.NATS(t)
	client := &wire.Client{NC: connect(t, server.URL), Living: living("gone"), Patience: 3 * time.Second}
	answers, err := client.Ask(t.Context(), control.Command{Verb: control.List})
	if err != nil || len(answers.List) != 0 || !slices.Equal(answers.Silent, []string{"gone"}) {
		t.Errorf("%v, %+v", err, answers)
	}
	serve(t, server.URL, &pod{name: "well", binds: []string{"awcc.trx.1"}})
	slow(t, server.URL, "late")
	client.Living = living("well", "late")
	client.Patience = time.Minute
	answers, err = client.Ask(t.Context(), control.Command{Verb: control.List})
	if err != nil || len(answers.Silent) != 0 || len(control.Roll(answers.List)) != 2 {
		t.Errorf("%v, %+v", err, answers)
	}
	client.Living = living("well", "late", "gone")
	patiently(t, client, func(answers *wire.Answers) bool {
		return slices.Equal(answers.Silent, []string{"gone"}) && len(answers.List) == 2
	})
	client.Living = func(context.Context) ([]string, error) { return nil, errors.New("no quorum") }
	if _, err = client.Ask(t.Context(), control.Command{Verb: control.List}); err == nil || !strings.Contains(err.Error(), "which pods live: no quorum") {
		t.Errorf("%v", err)
	}
}

// Where no pod is, that is the answer, at once.
func TestNobodyIsThere(t *testing.T) {
	server := stack.NATS(t)
	began := time.Now()
	if _, err := (&wire.Client{NC: connect(t, server.URL), Quiet: 10 * time.Second}).Ask(t.Context(), control.Command{Verb: control.List}); !errors.Is(err, wire.ErrNobody) {
		t.Errorf("%v, want ErrNobody", err)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
}

// Whatever comes as a request is answered: what cannot be read, with what was wrong.
func TestRequestsThatCannotBeRead(t *testing.T) {
	server := stack.NATS(t)
	serve(t, server.URL, &pod{name: "a"})
	nc := connect(t, server.URL)
	for _, test := range []struct{ subject, body, want string }{
		{"smpp.control.list", "", ""},
		{"smpp.control.list", "{}", ""},
		{"smpp.control.pause", "{", "cannot be read"},
		{"smpp.control.pause", `{"bind":7}`, "cannot be read"},
		{"smpp.control.pause", `{"verb":"resume","bind":"awcc.trx.1"}`, `"resume"`},
		{"smpp.control.pause", strings.Repeat(" ", 9000), "8192"},
	} {
		m, err := nc.Request(test.subject, []byte(test.body), 30*time.Second)
		if err != nil {
			t.Errorf("%s %.20s: %v", test.subject, test.body, err)
			continue
		}
		var a control.Answer
		if err := json.Unmarshal(m.Data, &a); err != nil || a.Pod != "a" || !strings.Contains(a.Error, test.want) || (a.Error == "") != (test.want == "") {
			t.Errorf("%s %.20s: %s, want an error with %q", test.subject, test.body, m.Data, test.want)
		}
	}
}

// An answer that NATS would not carry says so, and what to ask instead.
func TestAnAnswerThatIsTooLong(t *testing.T) {
	server := stack.NATS(t)
	many := &pod{name: "a"}
	for range 20_000 {
		many.binds = append(many.binds, "awcc.trx.1")
	}
	serve(t, server.URL, many)
	answers, err := (&wire.Client{NC: connect(t, server.URL), Living: living("a"), Patience: time.Minute}).Ask(t.Context(), control.Command{Verb: control.List})
	if err != nil || len(answers.List) != 1 || !strings.Contains(answers.List[0].Error, "one MNO") {
		t.Errorf("%v, %+v", err, answers)
	}
}
