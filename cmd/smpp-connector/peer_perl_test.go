package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	contract "github.com/ghasi/smpp-connector/proto"
)

// Issue 4: held against a peer that shares nothing with us. The SMSC is Perl's
// Net::SMPP (testkit/peers/net-smpp): bind, heartbeat, English, Pashto, a long message in
// parts, a receipt for each, unbind; what it has read is what was sent.
func TestAnSMSCMadeOfNetSMPP(t *testing.T) {
	peer := startPerlPeer(t)
	cfg := testConfig(t, "SMPP_HOST=127.0.0.1", "SMPP_PORT="+peer.port, "ENQUIRE_LINK_INTERVAL=200ms", "BACKOFF=100ms")
	messages := []struct {
		id, text string
		parts    float64
	}{
		{"english", "Hello €", 1},
		{"pashto", "ستاسو کوډ ۱۲۳ دی", 1},
		{"long", strings.Repeat("ستاسو کوډ ۱۲۳ دی ", 20), 6},
	}
	t.Run("traffic", func(t *testing.T) { // its end stops the connector
		s := &stage{app: startApp(t, cfg)}
		s.connect(t)
		eventually(t, "the bind", func() bool { return peer.heard("bind_transceiver system_id=demo interface_version=52 status=0") == 1 })
		finals, submitted := s.listen(t, contract.SubjectDLRInbound), s.listen(t, contract.SubjectSubmitted)
		for _, m := range messages {
			s.command1(t, fmt.Sprintf(`{"messageId":%q,"to":"+93700123456","text":%q}`, m.id, m.text))
			if e := submitted(m.id); e.body["segments"] != m.parts {
				t.Errorf("%s: %v segments, want %v", m.id, e.body["segments"], m.parts)
			}
			if e := finals(m.id); e.body["status"] != "DELIVERED" {
				t.Errorf("%s: %v", m.id, e.body)
			}
		}
		eventually(t, "a heartbeat", func() bool { return peer.heard("enquire_link") > 0 })
		eventually(t, "the answers to all receipts", func() bool { return peer.heard("deliver_sm_resp status=0") == 8 })
	})
	eventually(t, "the unbind", func() bool { return peer.heard("unbind") == 1 && peer.heard("closed") == 1 })
	if n := peer.heard("other"); n != 0 {
		t.Errorf("%d PDUs that it does not know", n)
	}
	read := peer.texts(t)
	for _, m := range messages {
		if !strings.Contains(read, m.text) {
			t.Errorf("%s: it has read\n%s", m.id, read)
		}
	}
}

// perlPeer is the SMSC, and the lines that it has written.
type perlPeer struct {
	port  string
	mu    sync.Mutex
	lines []string
}

func startPerlPeer(t *testing.T) *perlPeer {
	t.Helper()
	if err := exec.Command("perl", "-MNet::SMPP", "-e1").Run(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("Net::SMPP is not installed: make needs")
		}
		t.Skip("SKIPPED: Net::SMPP is not installed (Debian package libnet-smpp-perl): no peer but ours was tried")
	}
	perl := exec.Command("perl", filepath.Join("..", "..", "testkit", "peers", "net-smpp", "smsc.pl"), "0", "secret")
	out, err := perl.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p, ready, ended := &perlPeer{}, make(chan string, 1), make(chan struct{})
	var complaints strings.Builder
	perl.Stderr = &complaints
	if err := perl.Start(); err != nil {
		t.Fatal(err)
	}
	go p.read(out, ready, ended)
	t.Cleanup(func() {
		_ = perl.Process.Kill()
		<-ended
		_ = perl.Wait() // killed
		if t.Failed() {
			t.Logf("the peer heard:\n%s\n%s", strings.Join(p.lines, "\n"), complaints.String())
		}
	})
	select {
	case p.port = <-ready:
	case <-ended:
		t.Fatal("the peer has ended")
	case <-time.After(patience):
		t.Fatal("the peer does not listen")
	}
	return p
}

// read takes its lines in, until it ends.
func (p *perlPeer) read(out io.Reader, ready chan<- string, ended chan<- struct{}) {
	defer close(ended)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if port, listens := strings.CutPrefix(lines.Text(), "listening "); listens {
			ready <- port
			continue
		}
		p.mu.Lock()
		p.lines = append(p.lines, lines.Text())
		p.mu.Unlock()
	}
}

// heard counts the lines that begin so.
func (p *perlPeer) heard(begin string) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, line := range p.lines {
		if strings.HasPrefix(line, begin) {
			n++
		}
	}
	return n
}

// texts is what it has read in the order of arrival, parts put together: read without
// anything of our codec.
func (p *perlPeer) texts(t *testing.T) string {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	var all strings.Builder
	for _, line := range p.lines {
		_, digits, submit := strings.Cut(line, " short_message=")
		if !submit {
			continue
		}
		octets, err := hex.DecodeString(digits)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(line, " esm_class=64 ") { // a user data header
			octets = octets[1+octets[0]:]
		}
		if strings.Contains(line, " data_coding=0 ") {
			all.WriteString(strings.ReplaceAll(string(octets), "\x1be", "€")) // GSM 03.38: these letters are ASCII
			continue
		}
		units := make([]uint16, len(octets)/2)
		for i := range units {
			units[i] = uint16(octets[2*i])<<8 | uint16(octets[2*i+1])
		}
		all.WriteString(string(utf16.Decode(units)))
	}
	return all.String()
}
