package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// call runs a command as main does, in this process.
func call(t *testing.T, args ...string) (status int, out, complaints string) {
	t.Helper()
	var o, e bytes.Buffer
	status = run(t.Context(), args, streams{strings.NewReader(""), &o, &e})
	return status, o.String(), e.String()
}

// The demo says in JSON that every message came back exactly once, and leaves
// nothing behind (issue 1, points 1 and 5).
func TestDemoInJSON(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	status, out, complaints := call(t, "demo", "--messages", "150", "--json")
	if status != 0 {
		t.Fatalf("exit status %d: %s%s", status, out, complaints)
	}
	var got map[string]float64
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	seconds := got["seconds"]
	delete(got, "seconds")
	if want := demoSegments(t, 150); len(got) != 6 || got["messages"] != 150 || got["receipts"] != 150 || got["lost"] != 0 || got["duplicates"] != 0 ||
		got["segments"] != want || got["accepted"] != want || seconds <= 0 {
		t.Errorf("%v in %v s, want %v segments", got, seconds, want)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// demoSegments counts the segments that the demo's first n texts make.
func demoSegments(t *testing.T, n int) (total float64) {
	t.Helper()
	per := map[string]float64{}
	for i := range n {
		text := demoCommand(i).Text
		septets, wide := 0, false
		for _, r := range text {
			switch {
			case r > 0xFF: // the demo's other scripts; its Latin is all GSM7
				wide = wide || r != '€'
				septets += 2
			case strings.ContainsRune(`[]{}\^~|`, r):
				septets += 2
			default:
				septets++
			}
		}
		units := len([]rune(text)) // all of them in the basic plane
		switch {
		case wide && units <= 70, !wide && septets <= 160:
			per[text] = 1
		case wide:
			per[text] = float64((units + 66) / 67)
		default:
			per[text] = float64((septets + 152) / 153)
		}
		total += per[text]
	}
	return total
}

// A person's summary names the lost and the doubled; a wrong flag is status 2.
func TestDemoForPeople(t *testing.T) {
	status, out, complaints := call(t, "demo", "--messages", "7")
	for _, want := range []string{"messages    7", "receipts    7 (DELIVERED 7)", "lost        0", "duplicates  0", "p50", "p99", "exactly once"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in:\n%s", want, out)
		}
	}
	if status != 0 {
		t.Errorf("exit status %d: %s", status, complaints)
	}
	if status, _, complaints := call(t, "demo", "--messages", "0"); status != 2 || !strings.Contains(complaints, "--messages 0") {
		t.Errorf("exit status %d: %s", status, complaints)
	}
}

// send finds the standalone connector by its data folder, and follows a message
// to its end, whatever that is.
func TestSendFollowsAMessage(t *testing.T) {
	s := setStage(t, nil, smsc.SendReceipts(smsc.Never()))
	to := []string{"send", "--data", s.app.cfg.Load().DataDir, "--operator", "demo", "--wait"}
	// The MNO sends the receipts when the submitted event is stored: no event of theirs is
	// before it, or send would have ended.
	submitted, delivered := s.listen(t, contract.SubjectSubmitted), make(chan struct{})
	go func() {
		defer close(delivered)
		for _, id := range submitted("").body["operatorMessageIds"].([]any) {
			s.mno.Do(smsc.SendReceipt(id.(string)))
		}
	}()
	status, out, complaints := call(t, append(to, "--to", "+93700000001", "--text", strings.Repeat("ښ", 100))...)
	<-delivered
	if status != 0 || !strings.Contains(out, "submitted in 2 segments") || !strings.Contains(out, "part 1: DELIVERED") || !strings.HasSuffix(out, "DELIVERED\n") {
		t.Errorf("exit status %d: %s%s", status, out, complaints)
	}
	status, _, complaints = call(t, append(to, "--to", "93700000001", "--text", "ښ", "--encoding", "GSM7")...)
	if status != 1 || !strings.Contains(complaints, "invalid_field: text") {
		t.Errorf("exit status %d: %s", status, complaints)
	}
	s.mno.Do(smsc.SendReceipts(smsc.After(0), smsc.Ending(codec.StateExpired)))
	if status, out, _ = call(t, append(to, "--to", "93700000001", "--text", "late")...); status != 1 || !strings.HasSuffix(out, "EXPIRED\n") {
		t.Errorf("exit status %d: %s", status, out)
	}
	for _, args := range [][]string{{"send", "--text", "x"}, {"send", "--to", "1", "--encoding", "EBCDIC"}, {"send", "--data", t.TempDir(), "--operator", "demo", "--to", "1", "--text", "x"}} {
		if status, _, complaints := call(t, args...); status == 0 || complaints == "" {
			t.Errorf("%v: exit status %d, %q", args, status, complaints)
		}
	}
}

// A wrong configuration is told whole, at once, with status 2; a right one is
// printed with its secrets masked (issue 1, point 2 and bad input).
func TestConfigCheckAndPrint(t *testing.T) {
	file := filepath.Join(t.TempDir(), "smpp.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("httpAddr: nowhere\nlanes: P9\noperators:\n  - id: awcc\n    port: 99999\n    window: -1\n    passwrod: hunter2\n")
	for _, command := range [][]string{{"config", "check", "--config", file}, {"serve", "--config", file}} {
		status, _, complaints := call(t, command...)
		if status != 2 {
			t.Errorf("%v: exit status %d", command, status)
		}
		for _, want := range []string{"httpAddr", "lanes", "port", "window", "passwrod", "host", "systemId"} {
			if !strings.Contains(complaints, want) {
				t.Errorf("%v does not complain of %s:\n%s", command, want, complaints)
			}
		}
		if strings.Contains(complaints, "hunter2") {
			t.Errorf("%v shows a secret:\n%s", command, complaints)
		}
	}
	write("operators:\n  - id: awcc\n    host: smpp.awcc.example\n    port: 2775\n    systemId: ghasi\n    password: hunter2\n")
	if status, out, complaints := call(t, "config", "check", "--config", file); status != 0 || !strings.Contains(out, "1 operators") {
		t.Errorf("exit status %d: %s%s", status, out, complaints)
	}
	status, out, _ := call(t, "config", "print", "--config", file)
	if status != 0 || strings.Contains(out, "hunter2") || !strings.Contains(out, "smpp.awcc.example") {
		t.Errorf("exit status %d:\n%s", status, out)
	}
}

func TestCallsThatAreNone(t *testing.T) {
	for _, args := range [][]string{nil, {"dance"}, {"config"}, {"serve", "--nonsense"}} {
		if status, _, complaints := call(t, args...); status != 2 || complaints == "" {
			t.Errorf("%v: exit status %d, %q", args, status, complaints)
		}
	}
	if status, out, _ := call(t, "help"); status != 0 || !strings.Contains(out, "serve") {
		t.Errorf("help: exit status %d:\n%s", status, out)
	}
}

var (
	quietLife = regexp.MustCompile(`"level":"(ERROR|WARN)"`)
	// ofTheMachine are the lines in which the embedded server says that the machine held it up.
	ofTheMachine = regexp.MustCompile(`.*embedded nats: .*(took too long|processing time|was stalled).*`)
)

// US-SC-015, as a process: SIGTERM unbinds, exits with 0 and leaves nothing that
// keeps the next one from its folder and its ports.
func TestUSSC015TheProcessEndsCleanAndStartsAgain(t *testing.T) {
	program := filepath.Join(t.TempDir(), "smpp-connector")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	mno := smsc.Start(t)
	data := t.TempDir()
	for round := 1; round <= 2; round++ {
		var log lockedBuffer
		cmd := exec.Command(program, "serve", "--data", data, "--http", "127.0.0.1:0", "--debug", "127.0.0.1:0", "--nats-listen", "127.0.0.1:0")
		cmd.Env = append(os.Environ(), "OPERATOR_IDS=awcc", "SMPP_HOST=127.0.0.1", "SMPP_PORT="+strings.TrimPrefix(mno.Addr(), "127.0.0.1:"),
			"SMPP_SYSTEM_ID=esme", "SMPP_PASSWORD=hunter2", "SMPP_SOURCE_ADDRESS=Ghasi")
		cmd.Stderr = &log
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		t.Cleanup(func() { _ = cmd.Process.Kill() })
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		if err := mno.WaitFor(ctx, func(c *smsc.Counts) bool { return c.Binds == round }); err != nil {
			t.Fatalf("%v\n%s", err, log.String())
		}
		if status, out, complaints := call(t, "send", "--data", data, "--operator", "awcc", "--to", "93700000001", "--text", "round", "--wait"); status != 0 {
			t.Errorf("send: %d %s%s", status, out, complaints)
		}
		cancel()
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("round %d ended with %v:\n%s", round, err, log.String())
			}
		case <-time.After(patience):
			t.Fatalf("round %d does not end:\n%s", round, log.String())
		}
		if c := mno.Counts(); c.Unbinds != round || c.Lost != 0 {
			t.Errorf("round %d: %d unbinds, %d lost lines", round, c.Unbinds, c.Lost)
		}
		if l := log.String(); strings.Contains(l, "hunter2") || quietLife.MatchString(ofTheMachine.ReplaceAllString(l, "")) {
			t.Errorf("the log of a quiet life:\n%s", l)
		}
	}
}

// Issue 1, bad input: NATS, Redis and Postgres away at the start keep the process
// up, /ready says which, and all goes on when they come.
func TestServersThatAreAwayAtTheStartAreWaitedFor(t *testing.T) {
	c := newCluster(t)
	c.server.Stop()
	c.pg.Stop()
	c.redis.Stop()
	c.launch(t)
	says := func(want string) {
		t.Helper()
		eventually(t, "/ready says "+want, func() bool {
			code, body := get(t, "http://"+c.app.http.HTTPAddr()+"/ready")
			return code == 503 && strings.Contains(body, want)
		})
	}
	if code, _ := get(t, "http://"+c.app.http.HTTPAddr()+"/health"); code != 200 {
		t.Errorf("/health is %d", code)
	}
	says("nats: away")
	c.server.Start()
	says("postgres: away")
	says("redis: away")
	c.pg.Start()
	c.redis.Start()
	c.connect(t)
	eventually(t, "/ready is 200", func() bool { code, _ := get(t, "http://"+c.app.http.HTTPAddr()+"/ready"); return code == 200 })
	next := c.listen(t, contract.SubjectDLRInbound)
	c.send(t, `{"messageId":"m1","to":"93700000001","text":"Hello"}`)
	if e := next("m1"); e.body["status"] != "DELIVERED" {
		t.Errorf("%v", e.body)
	}
}
