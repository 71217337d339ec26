package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/vitals"
	"github.com/ghasi/smpp-connector/infra/httpapi"
	"github.com/ghasi/smpp-connector/infra/page"
)

// stage is a process with as many binds as a test wants, in the states that it wants,
// behind the real server.
type stage struct {
	server *httpapi.Server
	token  string

	mu     sync.Mutex
	actors []vitals.Actor
	begun  time.Time
}

// Names that run from right to left, as a carrier in Kabul may have them.
const (
	rtlMNO   = "افغان‌بیسیم"
	rtlOwner = "پاد-یک"
)

func newStage(t testing.TB, binds int, token string) *stage {
	t.Helper()
	s := &stage{begun: time.Now(), token: token}
	s.fill(binds)
	s.start(t, "127.0.0.1:0")
	t.Cleanup(func() { s.stop(t) })
	return s
}

// start has the process listen for browsers at an address.
func (s *stage) start(t testing.TB, addr string) {
	t.Helper()
	var err error
	// After a stop the kernel may have lent the port to somebody for the near end of a connection.
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		s.server, err = httpapi.Start(httpapi.Options{HTTPAddr: "127.0.0.1:0", DebugAddr: addr, Token: s.token,
			Page:    page.New(page.Options{Look: s.look, History: s.history}),
			Metrics: http.NotFoundHandler(), Ready: func() (bool, []string) { return true, nil }, Logger: slog.New(slog.DiscardHandler),
			Recording: recording, Capture: func(w io.Writer, _ string) (bool, error) { _, err := io.WriteString(w, "a capture"); return true, err }})
		if !errors.Is(err, syscall.EADDRINUSE) || time.Now().After(end) {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// stop ends it as a restart does.
func (s *stage) stop(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := s.server.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

func (s *stage) url(path string) string { return "http://" + s.server.DebugAddr() + path }

func (s *stage) look() page.View {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := page.View{Pod: "smpp-connector-awcc-trx-7c9f", Version: "1.4.0", At: time.Now(), Ready: true}
	for _, a := range s.actors {
		if a.Bind != nil {
			b := *a.Bind
			a.Bind = &b
		}
		v.Actors = append(v.Actors, a)
	}
	return v
}

// change edits a bind, by its name.
func (s *stage) change(bind string, edit func(a *vitals.Actor, b *vitals.Bind)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.actors {
		if b := s.actors[i].Bind; b != nil && b.Bind == bind {
			edit(&s.actors[i], b)
		}
	}
}

// turn puts a bind into a state.
func (s *stage) turn(bind, state, life, reason string) {
	now := time.Now()
	s.change(bind, func(a *vitals.Actor, b *vitals.Bind) {
		a.State, a.Since, b.State, b.Since, b.Life, b.Bound = state, now, state, now, life, life == "BOUND"
		b.Lines = []vitals.Line{{Role: "trx", Host: b.MNO + ".example:2775", State: life, Since: now, Reason: reason}}
		b.NextDial, b.Attempts = time.Time{}, 0
		if life == "DISCONNECTED" {
			b.InFlight, b.TPS, b.LimitedBy, b.Attempts = 0, 0, "closed", 3
			b.NextDial = now.Add(20 * time.Second)
			b.Lines[0].RedialAt, b.Lines[0].Attempts = b.NextDial, 3
			b.LastFailure = &vitals.Failure{Reason: reason, At: now}
			b.Restarts++
		}
	})
}

func (s *stage) fill(binds int) {
	add := func(path, kind, state string) {
		s.actors = append(s.actors, vitals.Actor{Path: path, Kind: kind, State: state, Since: s.begun.Add(-3 * time.Hour)})
	}
	add("connector", "connector", "running")
	add("connector/bridge/nats", "bridge", "running")
	add("connector/bridge/postgres", "bridge", "running")
	add("connector/bridge/redis", "bridge", "running")
	mnos := []string{"awcc", "roshan", "etisalat", "mtn", "salaam"}
	if binds > 50 {
		for i := range binds / 25 {
			mnos = append(mnos, fmt.Sprintf("carrier-%d", i+1))
		}
	}
	mnos = append(mnos, rtlMNO)
	each := max(binds/len(mnos), 1)
	n := 0
	for i, mno := range mnos {
		operator := "connector/operator/" + mno
		add(operator, "operator", "carried by primary")
		count := each
		if i == len(mnos)-1 {
			count = max(binds-n, 1)
		}
		for k := range count {
			n++
			s.addBind(operator, mno, k+1, n)
		}
	}
}

func (s *stage) addBind(operator, mno string, number, n int) {
	since := s.begun.Add(-time.Duration(n*97) * time.Second)
	path := fmt.Sprintf("%s/bind/%s/trx/%d", operator, mno, number)
	owner := "smpp-connector-awcc-trx-7c9f"
	if mno == rtlMNO {
		owner = rtlOwner
	}
	b := &vitals.Bind{Bind: fmt.Sprintf("%s.trx.%d", mno, number), MNO: mno, Direction: "trx", Number: number, OperatorID: mno, State: "BOUND", Life: "BOUND", Since: since,
		Bound: true, Owner: owner, Epoch: uint64(40 + n%7), InFlight: int64(n * 7 % 60), Window: 100, Configured: 100, TPS: 20 + n*13%160, TPSLimit: 200, LimitedBy: "queue",
		Queued: int64(n % 4), Lanes: []vitals.Lane{{Lane: "P0", Lag: 0}, {Lane: "P1", Lag: int64(n * 3 % 40)}}, Sequence: uint32(n * 10007),
		P50Ms: 8 + float32(n%9), P99Ms: 30 + float32(n*17%200), Receipts: uint64(4000 + n), ReceiptsTotal: uint64(98_000 + n), LastReceipt: s.begun, ReceiptP50Ms: 1500, ReceiptP99Ms: 42_000,
		Statuses: []vitals.StatusShare{{Status: "ESME_ROK", Recent: 4210, Total: 99120}},
		Lines:    []vitals.Line{{Role: "trx", Host: mno + ".example:2775", State: "BOUND", Since: since}}}
	s.actors = append(s.actors, vitals.Actor{Path: path, Kind: "bind", State: b.State, Since: since, Bind: b})
	for _, kind := range []string{"concat", "sequence", "session", "window"} {
		state := map[string]string{"session": "bound", "window": "OPEN"}[kind]
		s.actors = append(s.actors, vitals.Actor{Path: path + "/" + kind, Kind: kind, State: state, Since: since, Mailbox: n % 3})
	}
}

// trouble makes a night at the operations desk of a stage.
func (s *stage) trouble() {
	s.turn("roshan.trx.1", "DISCONNECTED", "DISCONNECTED", "LineLost: read tcp 10.4.1.7:41712->192.0.2.10:2775: connection reset by peer")
	s.turn("mtn.trx.1", "CONNECTING", "CONNECTING", "DialFailed: dial tcp 192.0.2.20:2775: i/o timeout")
	s.turn("etisalat.trx.1", "DRAINING", "BOUND", "")
	s.change("etisalat.trx.1", func(_ *vitals.Actor, b *vitals.Bind) {
		b.LimitedBy, b.TPS, b.P99Ms = "peer", 0, 2400
		b.Statuses = []vitals.StatusShare{{Status: "ESME_ROK", Recent: 3110, Total: 88120}, {Status: "ESME_RMSGQFUL", Recent: 94, Total: 94}, {Status: "ESME_RTHROTTLED", Recent: 3, Total: 31}}
	})
	s.change("awcc.trx.1", func(_ *vitals.Actor, b *vitals.Bind) {
		b.LimitedBy, b.TPS, b.InFlight, b.Window = "tps", 200, 38, 50
		b.Statuses = []vitals.StatusShare{{Status: "ESME_ROK", Recent: 11900, Total: 998123}, {Status: "ESME_RTHROTTLED", Recent: 83, Total: 404}}
	})
}

func (s *stage) history(bind string) ([]vitals.Sample, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.actors {
		if a.Bind == nil || a.Bind.Bind != bind {
			continue
		}
		var out []vitals.Sample
		for i := range vitals.Samples {
			wave := float32((i*i*7+i*13)%40) / 40
			sample := vitals.Sample{At: time.Now().Add(time.Duration(i-vitals.Samples) * vitals.SampleEvery), State: "BOUND", Rate: 90 + 80*wave, InFlight: int32(20 + 30*wave),
				Window: 100, P50Ms: 9, P99Ms: 40 + 60*wave, Refused: max(0, wave-0.8) * 10}
			if i > 40 && i < 52 {
				sample.State, sample.Rate, sample.InFlight, sample.P99Ms, sample.Refused = "DISCONNECTED", 0, 0, 0, 0
			}
			if i >= 52 {
				sample.Window = 50
			}
			out = append(out, sample)
		}
		return out, true
	}
	return nil, false
}

// recording is what the real recorder would say, masked.
func recording(string) (any, bool) {
	type object = map[string]any
	at := func(ago time.Duration) string {
		return time.Now().UTC().Add(-ago).Truncate(time.Second).Format(time.RFC3339Nano)
	}
	pdu := func(ago time.Duration, way, command, status, line string) object {
		return object{"at": at(ago), "direction": way, "connection": 1, "command": command, "sequence": 7, "status": status, "line": line, "octets": "00", "length": 16}
	}
	doc := object{"earlier": 1204, "notes": []object{{"at": at(90 * time.Second), "text": "dialled 192.0.2.10:2775"}}, "pdus": []object{
		pdu(89*time.Second, "out", "bind_transceiver", "ESME_ROK", `bind_transceiver seq=1 system_id="ghasi" password=****** interface_version=0x34`),
		pdu(88*time.Second, "in", "bind_transceiver_resp", "ESME_ROK", `bind_transceiver_resp seq=1 ESME_ROK system_id="smsc"`),
		pdu(30*time.Second, "out", "enquire_link", "ESME_ROK", "enquire_link seq=2"),
		pdu(30*time.Second, "in", "enquire_link_resp", "ESME_ROK", "enquire_link_resp seq=2 ESME_ROK"),
		pdu(9*time.Second, "out", "submit_sm", "ESME_ROK", `submit_sm seq=3 source=5/0 "xxxsi" dest=1/1 "xxxxxxxx456" esm_class=0x40 dcs=8 sm_length=140`),
		pdu(8*time.Second, "in", "submit_sm_resp", "ESME_RTHROTTLED", "submit_sm_resp seq=3 ESME_RTHROTTLED"),
	}}
	octets, err := json.Marshal(doc)
	return json.RawMessage(octets), err == nil
}

// drop takes a bind and all below it away.
func (s *stage) drop(bind string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	path := ""
	kept := s.actors[:0:0]
	for _, a := range s.actors {
		if a.Bind != nil && a.Bind.Bind == bind {
			path = a.Path
		}
		if path == "" || a.Path != path && !strings.HasPrefix(a.Path, path+"/") {
			kept = append(kept, a)
		}
	}
	s.actors = kept
}
