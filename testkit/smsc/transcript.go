package smsc

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// direction of a line of the transcript.
type direction byte

const (
	received direction = '<' // from the peer
	sent     direction = '>' // to the peer
)

// transcript keeps the last lines of what was heard and said, and prints them
// for those who asked.
type transcript struct {
	on    bool // some line is wanted at all
	began time.Time
	keep  int
	lines []string // a ring once it is full
	next  int
	print *printer // of every line, or nil
	tell  *printer // of the news, or nil
}

func (t *transcript) open(s settings, began time.Time) {
	t.began, t.keep = began, s.keepLines
	t.on = t.keep > 0 || s.linesTo != nil
	t.print, t.tell = newPrinter(s.linesTo), newPrinter(s.newsTo)
}

func (t *transcript) close() {
	t.print.close()
	t.tell.close()
}

// line notes one PDU.
func (t *transcript) line(sess *Session, way direction, dump string) {
	if !t.on {
		return
	}
	line := fmt.Sprintf("%s #%d %c %s", clock(time.Since(t.began)), sess.number, way, dump)
	t.print.add(line)
	switch {
	case t.keep == 0:
	case len(t.lines) < t.keep:
		t.lines = append(t.lines, line)
	default:
		t.lines[t.next] = line
		t.next = (t.next + 1) % t.keep
	}
}

// note is a line about what could not be read as a PDU, and about the line itself.
func (t *transcript) note(sess *Session, way direction, what string) {
	t.line(sess, way, "("+what+")")
}

// news is a line for people: binds, unbinds, lost lines.
func (t *transcript) news(sess *Session, what string) {
	t.tell.add(fmt.Sprintf("%s #%d %s", clock(time.Since(t.began)), sess.number, what))
}

// clock writes a time since the start, to the millisecond.
func clock(d time.Duration) string { return fmt.Sprintf("%9.3fs", d.Seconds()) }

// Transcript is the last lines, oldest first; empty unless the option asked for them.
func (s *Server) Transcript() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &s.log
	return append(append([]string(nil), t.lines[t.next:]...), t.lines[:t.next]...)
}

// printer writes lines from a goroutine of its own, so that a slow terminal
// does not hold up a peer. It holds 10,000 lines back and counts the others.
type printer struct {
	w       io.Writer
	mu      sync.Mutex
	lines   []byte
	count   int
	dropped int
	wake    chan struct{}
	closing chan struct{}
	done    chan struct{}
}

const maxHeldLines = 10_000

func newPrinter(w io.Writer) *printer {
	if w == nil {
		return nil
	}
	p := &printer{w: w, wake: make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{})}
	go p.run()
	return p
}

func (p *printer) add(line string) {
	if p == nil {
		return
	}
	p.mu.Lock()
	if p.count < maxHeldLines {
		p.lines = append(append(p.lines, line...), '\n')
		p.count++
	} else {
		p.dropped++
	}
	p.mu.Unlock()
	nudge(p.wake)
}

func (p *printer) run() {
	defer close(p.done)
	for {
		select {
		case <-p.wake:
			p.flush()
		case <-p.closing:
			p.flush()
			return
		}
	}
}

func (p *printer) flush() {
	p.mu.Lock()
	lines, dropped := p.lines, p.dropped
	p.lines, p.count, p.dropped = nil, 0, 0
	p.mu.Unlock()
	p.w.Write(lines)
	if dropped > 0 {
		fmt.Fprintf(p.w, "… %d lines left out: the reader of this output is too slow\n", dropped)
	}
}

// close writes what is left.
func (p *printer) close() {
	if p != nil {
		close(p.closing)
		<-p.done
	}
}
