package actors_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// heartbeatPeer is an MNO that takes its time over enquire_links, leaves other requests
// unanswered where it is told to, and notes what it hears.
type heartbeatPeer struct {
	mu          sync.Mutex
	takes       time.Duration                    // over an enquire_link_resp
	leaves      map[codec.CommandID]bool         // unanswered
	ask         map[codec.CommandID]bool         // requests upon which it asks an enquire_link of its own
	outstanding int                              // of our enquire_links
	most        int                              // of outstanding, ever
	enquired    []time.Time                      // when we enquired
	answered    map[codec.CommandID]codec.Status // how its own enquire_link after a request was answered
	sequence    uint32
	asked       map[uint32]codec.CommandID
}

func (p *heartbeatPeer) dial(context.Context) (net.Conn, error) {
	near, far := net.Pipe()
	out := make(chan codec.PDU, 1000)
	gone := make(chan struct{})
	go func() {
		for {
			select {
			case pdu := <-out:
				if _, err := far.Write(codec.Append(nil, pdu)); err != nil {
					return
				}
			case <-gone:
				return
			}
		}
	}()
	go func() {
		defer close(gone)
		defer far.Close()
		framer := codec.NewFramer(far, 0)
		for {
			frame, err := framer.Next()
			if err != nil {
				return
			}
			if pdu, err := codec.Parse(frame); err == nil {
				p.hear(codec.Clone(pdu), out)
			}
		}
	}()
	return near, nil
}

func (p *heartbeatPeer) hear(pdu codec.PDU, out chan<- codec.PDU) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if resp, ok := pdu.(*codec.EnquireLinkResp); ok {
		p.answered[p.asked[resp.Sequence]] = resp.Status
		return
	}
	if p.ask[pdu.Command()] {
		p.sequence++
		p.asked[p.sequence] = pdu.Command()
		out <- &codec.EnquireLink{Header: codec.Header{Sequence: p.sequence}}
	}
	resp := codec.NewResp(pdu, codec.StatusOK)
	switch {
	case resp == nil || p.leaves[pdu.Command()]:
	case pdu.Command() == codec.EnquireLinkID:
		p.enquired = append(p.enquired, time.Now())
		p.outstanding++
		p.most = max(p.most, p.outstanding)
		time.AfterFunc(p.takes, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.outstanding--
			out <- resp
		})
	default:
		out <- resp
	}
}

func newHeartbeatPeer() *heartbeatPeer {
	return &heartbeatPeer{leaves: map[codec.CommandID]bool{}, ask: map[codec.CommandID]bool{}, answered: map[codec.CommandID]codec.Status{}, asked: map[uint32]codec.CommandID{}}
}

// US-SC-004: an enquire_link every 30 s, never two at once, however long the answer
// takes within its 10 s; one that takes longer is the end of the line.
func TestUSSC004AtMostOneEnquireLinkIsOutstanding(t *testing.T) {
	for _, c := range []struct {
		every, takes time.Duration
		want         int // in five minutes
		lost         bool
	}{
		{30 * time.Second, 0, 10, false},
		{30 * time.Second, 9 * time.Second, 10, false},
		{5 * time.Second, 9900 * time.Millisecond, 30, false},
		{30 * time.Second, 11 * time.Second, 0, true},
	} {
		t.Run(fmt.Sprintf("every %v, answered after %v", c.every, c.takes), func(t *testing.T) {
			inBubble(t, func(r *rig) {
				p := newHeartbeatPeer()
				p.takes = c.takes
				r.account["awcc"].Hosts, r.account["awcc"].Times.Enquire = dialled(p.dial), c.every
				r.start()
				r.after(5*time.Minute + time.Second)
				if n := len(heard[event.EnquireLinkTimedOut](r)); (n > 0) != c.lost {
					t.Errorf("%d timeouts", n)
				}
				if !c.lost && (p.most != 1 || len(p.enquired) != c.want) {
					t.Errorf("%d enquire_links, want %d; %d at once", len(p.enquired), c.want, p.most)
				}
			})
		})
	}
}

// Issue 4, point 4: the peer's enquire_link is answered in every state of the bind and
// of the window.
func TestEnquireLinkIsAnsweredWhileBindingAndUnbinding(t *testing.T) {
	inBubble(t, func(r *rig) {
		p := newHeartbeatPeer()
		states := []codec.CommandID{codec.BindTransceiverID, codec.EnquireLinkID, codec.SubmitSMID, codec.UnbindID}
		for _, command := range states {
			p.ask[command] = true
		}
		p.leaves[codec.UnbindID] = true // so that we wait for it
		r.account["awcc"].Hosts = dialled(p.dial)
		r.start()
		r.send(1)
		r.after(31 * time.Second)
		r.drain()
		synctest.Wait() // the peer has written down what it heard
		for _, command := range states {
			if status, ok := p.answered[command]; !ok || status != codec.StatusOK {
				t.Errorf("after %v: answered %v, %v", command, ok, status)
			}
		}
	})
}

// The same for the window's states: half-closed, draining, full of submits that nobody
// answers, and behind stores that do not answer.
func TestEnquireLinkIsAnsweredWhateverTheWindow(t *testing.T) {
	for name, trouble := range map[string]func(r *rig){
		"HALF_CLOSED_TX": func(r *rig) { r.mno.Do(smsc.AnswerSubmits(codec.StatusSubmitFail, 0)) },
		"DRAINING":       func(r *rig) { r.mno.Do(smsc.AnswerSubmits(codec.StatusMsgQFul, 0)) },
		"full":           func(r *rig) { r.mno.Do(smsc.LoseAnswers(100, 1)) },
		"stores away":    func(r *rig) { r.mem.Correlations.Fail(errDown); r.mem.Publisher.Fail(errDown) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.start()
				trouble(r)
				r.send(100)
				r.after(20 * time.Second)
				before := r.mno.Counts()
				for range 10 {
					r.mno.Do(smsc.EnquireLink())
				}
				r.after(0) // no time passes: behind nothing
				if c := r.mno.Counts(); c.EnquiresAnswered-before.EnquiresAnswered != 10 {
					t.Errorf("%d of 10 answered at once in %s", c.EnquiresAnswered-before.EnquiresAnswered, r.bind().State)
				}
				r.after(2 * time.Minute)
				if n := len(heard[event.EnquireLinkTimedOut](r)); n != 0 || r.mno.Counts().Binds != 1 {
					t.Errorf("%d timeouts, %d binds", n, r.mno.Counts().Binds)
				}
				r.mem.Correlations.Heal()
				r.mem.Publisher.Heal()
			})
		})
	}
}

// Issue 4, point 4: ten minutes of full load with answers that take seconds, receipts
// that cannot be stored for half of the time, and a peer that enquires every second:
// ours leave every 30 s, not one is taken for lost, each of theirs is answered.
func TestUSSC004NoFalseTimeoutUnderLoad(t *testing.T) {
	t.Parallel() // one of those that take longest
	inBubble(t, func(r *rig) {
		r.account["awcc"].Window = 50
		r.start()
		for minute := range 10 {
			for i := range 600 {
				r.mem.Publish(contract.OperatorSubject("awcc"), fmt.Appendf(nil, `{"messageId":"m%d-%d","to":"93700000001","text":"Hello"}`, minute, i))
			}
			if minute%2 == 0 {
				r.mem.Publisher.Fail(errors.New("slow consumer"))
			} else {
				r.mem.Publisher.Heal()
			}
			r.after(time.Minute)
		}
		r.after(time.Second)
		c := r.mno.Counts()
		if n := len(heard[event.EnquireLinkTimedOut](r)); n != 0 || c.Binds != 1 || c.Lost != 0 {
			t.Errorf("%d false timeouts, %d binds, %d lost lines", n, c.Binds, c.Lost)
		}
		if c.Enquires != 20 || c.EnquiresSent < 590 || c.EnquiresAnswered != c.EnquiresSent {
			t.Errorf("%d enquire_links of ours in ten minutes, %d of %d of theirs answered", c.Enquires, c.EnquiresAnswered, c.EnquiresSent)
		}
		if c.Accepted < 3000 {
			t.Errorf("%d SMS: no load", c.Accepted)
		}
		r.after(10 * time.Minute)
	}, smsc.DelayShuffled(2*time.Second, 1), smsc.EnquireEvery(time.Second), smsc.RepeatRefused(5*time.Second, 1000))
}

// US-SC-004, issue 4, point 4: any PDU of the peer counts as life, on purpose: a peer that
// answers no enquire_link and takes a submit every 2 s stays BOUND, and each enquire_link
// that it left unanswered is told of. Once it sends nothing else the line is given up 10 s
// after an enquire_link.
func TestUSSC004APeerThatAnswersOtherPDUsIsAlive(t *testing.T) {
	inBubble(t, func(r *rig) {
		p := newHeartbeatPeer()
		p.leaves[codec.EnquireLinkID] = true
		r.account["awcc"].Hosts = dialled(p.dial)
		r.start()
		for i := range 299 {
			r.sendText(fmt.Sprint("m", i), "Hello")
			r.after(2 * time.Second)
		}
		if b := r.bind(); !b.Bound || len(heard[event.EnquireLinkTimedOut](r)) != 0 {
			t.Errorf("after ten minutes it is %s, with %d timeouts", b.State, len(heard[event.EnquireLinkTimedOut](r)))
		}
		if n := len(heard[event.EnquireLinkIgnored](r)); n != 18 { // of those at 30 s, 60 s, … 570 s, when the next one is due
			t.Errorf("%d enquire_links are told of, want 18", n)
		}
		r.after(41 * time.Second)
		if n := len(heard[event.EnquireLinkTimedOut](r)); n != 1 {
			t.Errorf("%d timeouts once it says nothing at all", n)
		}
	})
}

// The same with enquire_links that are answered: none is told of.
func TestUSSC004AnsweredEnquireLinksAreNotToldOf(t *testing.T) {
	inBubble(t, func(r *rig) {
		p := newHeartbeatPeer()
		p.takes = 9 * time.Second
		r.account["awcc"].Hosts = dialled(p.dial)
		r.start()
		for i := range 100 {
			r.sendText(fmt.Sprint("m", i), "Hello")
			r.after(2 * time.Second)
		}
		if n := len(heard[event.EnquireLinkIgnored](r)); n != 0 {
			t.Errorf("%d", n)
		}
	})
}
