package main

import (
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// enquirer is an MNO that answers submits as fast as they come and, on the same line,
// asks every few milliseconds whether the connector lives.
type enquirer struct {
	every time.Duration

	mu    sync.Mutex // of what is written, and of what follows
	sent  map[uint32]time.Time
	takes []time.Duration // from each enquire_link to its answer
}

func (e *enquirer) serve(conn net.Conn) {
	defer conn.Close()
	framer := codec.NewFramer(conn, 0)
	var out []byte
	var asking *time.Ticker
	for {
		frame, err := framer.Next()
		if err != nil {
			return
		}
		pdu, err := codec.Parse(frame)
		if err != nil {
			return
		}
		switch p := pdu.(type) {
		case *codec.EnquireLinkResp:
			e.mu.Lock()
			e.takes = append(e.takes, time.Since(e.sent[p.Sequence]))
			e.mu.Unlock()
		case *codec.SubmitSM:
			out = codec.Append(out, &codec.SubmitSMResp{Header: codec.Header{Sequence: p.Sequence}, MessageID: "id"})
		case *codec.BindTransceiver:
			out = codec.Append(out, codec.NewResp(p, codec.StatusOK))
			asking = time.NewTicker(e.every)
			defer asking.Stop()
			stop := make(chan struct{})
			defer close(stop)
			go e.ask(conn, asking.C, stop)
		default:
			if resp := codec.NewResp(p, codec.StatusOK); resp != nil {
				out = codec.Append(out, resp)
			}
		}
		if !framer.Ready() && len(out) > 0 {
			e.mu.Lock()
			_, err = conn.Write(out)
			e.mu.Unlock()
			if err != nil {
				return
			}
			out = out[:0]
		}
	}
}

func (e *enquirer) ask(conn net.Conn, due <-chan time.Time, stop <-chan struct{}) {
	for seq := uint32(1); ; seq++ {
		select {
		case <-due:
		case <-stop:
			return
		}
		e.mu.Lock()
		e.sent[seq] = time.Now()
		_, err := conn.Write(codec.Append(nil, &codec.EnquireLink{Header: codec.Header{Sequence: seq}}))
		e.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// Issue 4, point 4: the MNO's enquire_link is answered at p99 under 10 ms under full
// load, MNO and connector on the same cores. The short form holds it to 250 ms, which
// also a machine with much else to do keeps, in one of three runs: it is over in seconds,
// and in one second that it stands still more than a hundredth of the questions come.
func TestSoakEnquireLinksAreAnsweredUnderFullLoad(t *testing.T) {
	messages, most, tries := 300_000, 250*time.Millisecond, 3
	if minutes := soakMinutes(); minutes > 0 {
		messages, most, tries = 10_000_000*minutes, 10*time.Millisecond, 1
	}
	p99 := enquireUnderFullLoad(t, messages)
	for try := 1; p99 > most && try < tries; try++ {
		p99 = enquireUnderFullLoad(t, messages)
	}
	if p99 > most {
		t.Errorf("p99 %v, want at most %v", p99, most)
	}
}

// enquireUnderFullLoad is one run; it returns the 99th percentile of the time to an answer.
func enquireUnderFullLoad(t *testing.T, messages int) (p99 time.Duration) {
	t.Helper()
	e := &enquirer{every: 2 * time.Millisecond, sent: map[uint32]time.Time{}}
	f := driveLine(t, listenFor(t, e.serve), 100, messages)
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.takes) < 10 {
		t.Fatalf("%d enquire_links answered", len(e.takes))
	}
	slices.Sort(e.takes)
	p50 := e.takes[len(e.takes)/2]
	p99 = e.takes[len(e.takes)*99/100]
	t.Logf("%.0f msgs/s beside; %d enquire_links: p50 %v, p99 %v, longest %v", f.rate, len(e.takes), p50, p99, e.takes[len(e.takes)-1])
	return p99
}
