package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// Issue 5, Speed: bench drives the session and the window against any SMSC, and
// says rate, CPU, latencies and statuses; for programs as one JSON object.
func TestBenchMeasuresALine(t *testing.T) {
	mno := smsc.Start(t, smsc.Account("esme", "pw"), smsc.Delay(5*time.Millisecond), smsc.AnswerSubmits(codec.StatusInvDstAdr, 3))
	status, out, complaints := call(t, "bench", "--addr", mno.Addr(), "--system-id", "esme", "--password", "pw", "--bind", "tx",
		"--to", "93700000001", "--window", "10", "--messages", "203", "--json")
	var r benchResult
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v in %s%s", err, out, complaints)
	}
	if status != 1 || r.Accepted != 200 || r.Refused != 3 || r.Statuses["ESME_ROK"] != 200 || r.Statuses["ESME_RINVDSTADR"] != 3 {
		t.Errorf("exit status %d: %s", status, out)
	}
	if r.P50 < 5 || r.P50 > r.P99 || r.P99 > r.Most || r.PerSecond <= 0 || r.PerSecond > 2000 || r.CPU <= 0 || r.SMSC != mno.Addr() {
		t.Errorf("figures that cannot be: %s", out)
	}
	if c := mno.Counts(); c.Accepted != 200 || c.Unbinds != 1 {
		t.Errorf("the MNO counts %+v", c)
	}
}

// For people; without --addr against a simulator of its own; no faster than --rate.
func TestBenchAtARateForPeople(t *testing.T) {
	began := time.Now()
	status, out, complaints := call(t, "bench", "--messages", "150", "--rate", "100", "--window", "7")
	for _, want := range []string{"window          7", "150: 150 accepted", "msgs_per_s", "cpu_us_per_msg", "p50", "p99", "ESME_ROK 150"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in:\n%s", want, out)
		}
	}
	if status != 0 || time.Since(began) < time.Second {
		t.Errorf("exit status %d after %v: %s", status, time.Since(began), complaints)
	}
}

// Wrong flags and an SMSC that will not have us are told with what to do.
func TestBenchSaysWhatIsWrong(t *testing.T) {
	mno := smsc.Start(t, smsc.Account("esme", "pw"))
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"--window", "0"}, 2, "--window 0: want 1 to 100000"},
		{[]string{"--messages", "-1"}, 2, "--messages -1: want 1 or more"},
		{[]string{"--rate", "-5"}, 2, "--rate -5"},
		{[]string{"--bind", "rx"}, 2, `--bind "rx": want trx or tx`},
		{[]string{"--addr", "smsc.example", "--to", "1"}, 2, "want HOST:PORT"},
		{[]string{"--addr", mno.Addr()}, 2, "--to is missing"},
		{[]string{"--timeout", "0s"}, 2, "--timeout 0s"},
		{[]string{"fast"}, 2, `"fast" is not a flag`},
		{[]string{"--from", "a name that is much too long"}, 2, "sourceAddress"},
		{[]string{"--text", strings.Repeat("x", 160*255)}, 1, "text"},
		{[]string{"--addr", mno.Addr(), "--to", "1", "--system-id", "esme", "--password", "secret"}, 1, "ESME_RINVPASWD"},
		{[]string{"--addr", "127.0.0.1:1", "--to", "1"}, 1, "the bind was not made"},
	} {
		status, out, complaints := call(t, append([]string{"bench"}, c.args...)...)
		if status != c.status || !strings.Contains(complaints, c.want) || out != "" {
			t.Errorf("bench %q: exit status %d, %q, %q; want %d and %q", c.args, status, out, complaints, c.status, c.want)
		}
		if strings.Contains(complaints, "secret") {
			t.Errorf("bench %q tells the password: %s", c.args, complaints)
		}
	}
}

// Latencies are counted in steps of 3 %.
func TestLatencySteps(t *testing.T) {
	last := -1
	for d := time.Nanosecond; d < 20*time.Hour; d += d/50 + 1 {
		step := stepOf(d)
		if step < last || step >= latencySteps {
			t.Fatalf("%v is in step %d, after %d", d, step, last)
		}
		if end := latencyOf(step); d > 32 && d < 18*time.Hour && (end < d || float64(end) > 1.04*float64(d)) {
			t.Fatalf("%v is in step %d, which ends at %v", d, step, end)
		}
		last = step
	}
}
