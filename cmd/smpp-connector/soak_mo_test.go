package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// Issue 6: kill −9 of the connector among MOs in 2 to 10 parts, the parts shuffled
// over two binds. Incomplete 0, none published twice. US-SC-025.
func TestSoakKillsAmongMOs(t *testing.T) {
	t.Parallel()                                                      // it waits most of the time, for the leases of who was killed
	run := moRun{messages: 1_000, kills: 1, window: 10 * time.Minute} // so long that a slow machine makes none incomplete
	if minutes := soakMinutes(); minutes > 0 {
		run = moRun{messages: 1_000 * minutes, kills: max(minutes/2, 1), window: 2 * time.Minute} // a killed process's leases last 30 s
		t.Run("parts in JetStream", func(t *testing.T) { run.play(t, "REDIS_URL=") })
	}
	t.Run("parts in Redis", func(t *testing.T) { run.play(t) })
}

// moRun is one proof: so many MOs, with kills between them.
type moRun struct {
	messages, kills int
	window          time.Duration // how long parts are waited for
}

func (r moRun) play(t *testing.T, env ...string) {
	random := soakRandom(t)
	s := newSoak(t, traffic{}, append([]string{"SMPP_BINDS=2", "CONCAT_WINDOW=" + r.window.String()}, env...),
		smsc.RepeatRefused(500*time.Millisecond, 1_000), smsc.DeliverWindow(200))
	heard := s.hearMOs(r.messages)

	began := time.Now()
	step := max(r.messages/(r.kills+1), 1)
	for i := range r.messages {
		if i > 0 && i%step == 0 && i/step <= r.kills {
			s.await("half of them have arrived", 2*time.Minute, func() bool { return heard.messages.Load() >= int64(i)-int64(step)/2 }, heard.messages.Load)
			s.connector.Kill()
			s.connector.Start()
		}
		s.sendMO(i, random)
	}
	s.await("every MO has its event", 2*time.Minute, func() bool { return heard.messages.Load() == int64(r.messages) }, heard.messages.Load)
	took := time.Since(began)
	if err := s.mno.WaitIdle(t.Context()); err != nil {
		t.Error(err)
	}
	if soakMinutes() > 0 { // what was repeated after it was published is let go without an event
		s.await("no part is waited for", 3*r.window, func() bool { return s.metric("smpp_concat_buffer_size") == 0 }, func() int64 { return 0 })
	}
	heard.check(t)
	c := s.mno.Counts()
	t.Logf("%d MOs in %.1f s with %d kills: %d parts sent, %d of them repeated; parts that the last process knew already: %.0f",
		r.messages, took.Seconds(), r.kills, c.MOsSent, c.MOsSent-c.MOsAnswered, s.metric("smpp_connector_mo_parts_total", `outcome="repeated"`))
}

// moText is a text of 2 to 10 parts that tells its number.
func moText(i int) string {
	parts := 2 + i%9
	text := fmt.Sprintf("mo%d ", i)
	return text + strings.Repeat("x", 150*parts-len(text))
}

// sendMO has the MNO deliver message i, as soon as anybody is bound.
func (s *soak) sendMO(i int, random *rand.Rand) {
	s.t.Helper()
	for before := s.mno.Counts().MOs; s.mno.Counts().MOs == before; {
		if err := s.mno.WaitFor(s.t.Context(), func(c *smsc.Counts) bool { return c.Bound == 2 }); err != nil {
			s.t.Fatal(err)
		}
		s.mno.Do(smsc.SendMO(fmt.Sprintf("937%08d", i), "1234", moText(i), smsc.OverTwoSessions(), smsc.Shuffled(random.Uint64())))
	}
}

// moHearing is how often each MO's event has come.
type moHearing struct {
	messages atomic.Int64 // that have one

	mu         sync.Mutex
	times      []int
	incomplete int
	strange    []string
}

func (s *soak) hearMOs(n int) *moHearing {
	h := &moHearing{times: make([]int, n)}
	s.listen(contract.SubjectMOInbound, func(payload []byte) {
		var e struct {
			Text       string `json:"text"`
			Incomplete bool   `json:"incomplete"`
		}
		err := json.Unmarshal(payload, &e)
		h.mu.Lock()
		defer h.mu.Unlock()
		if e.Incomplete {
			h.incomplete++
			return
		}
		var i int
		if _, scan := fmt.Sscanf(e.Text, "mo%d ", &i); err != nil || scan != nil || i >= n || e.Text != moText(i) {
			h.strange = append(h.strange, string(payload))
			return
		}
		if h.times[i]++; h.times[i] == 1 {
			h.messages.Add(1)
		}
	})
	return h
}

func (h *moHearing) check(t *testing.T) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	twice := 0
	for _, times := range h.times {
		if times > 1 {
			twice++
		}
	}
	if twice > 0 || h.incomplete > 0 || len(h.strange) > 0 {
		t.Errorf("%d MOs came twice, %d incomplete, %d are none that was sent: %.300q", twice, h.incomplete, len(h.strange), h.strange)
	}
}
