package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const running = `
httpAddr: ":1001"
nats: {url: "nats://user:hunter1@n:4222"}
profiles:
  roshan: {window: 25, tls: {clientCertificatePem: cert, clientKeyPem: hunter1}}
operators:
  - {id: a, host: h, port: 1, systemId: s, password: hunter1, profile: roshan}
  - {id: b, host: h, port: 1, systemId: s, password: hunter1}
`

// rewrite puts another content into a configuration file.
func rewrite(t *testing.T, file, content string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// lines are changes as people read them.
func lines(changes []Change) []string {
	shown := make([]string, len(changes))
	for i, c := range changes {
		shown[i] = c.String()
	}
	return shown
}

// same compares changes with what is wanted, and holds them to secrecy.
func same(t *testing.T, changes []Change, want ...string) {
	t.Helper()
	got := lines(changes)
	if !slices.Equal(got, want) {
		t.Errorf("changes:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if strings.Contains(fmt.Sprintf("%+v", changes), "hunter") {
		t.Errorf("a secret is shown: %+v", changes)
	}
}

// Where nothing has changed, nothing is said, and the file is read again each time.
func TestReloadOfTheSame(t *testing.T) {
	file := write(t, running)
	c, err := Load(file, []string{"LOG_LEVEL=warn"}, Setting{"dataDir", "from-flag"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		next, changes, err := c.Reload()
		if err != nil {
			t.Fatal(err)
		}
		same(t, changes)
		if next == c || next.DataDir != "from-flag" || next.Telemetry.LogLevel != "warn" || next.Operators[1].Password.Reveal() != "hunter1" {
			t.Errorf("folder %s, level %s", next.DataDir, next.Telemetry.LogLevel)
		}
		if printed(t, next) != printed(t, c) {
			t.Error("the Config is another one")
		}
		c = next
	}
}

// What needs a restart is told and stays; the rest is in force. Secrets change
// without being shown.
func TestReloadPutsTheLiveOnesInForce(t *testing.T) {
	file := write(t, running)
	c, err := Load(file, []string{})
	if err != nil {
		t.Fatal(err)
	}
	rewrite(t, file, `
httpAddr: ":1002"
nats: {url: "nats://user:hunter2@n:4222"}
timers: {response: 20s}
dlr: {orphanAfter: 2h}
telemetry: {logLevel: debug, msisdnMask: 5+2, sampleRatio: 1}
profiles:
  roshan: {window: 30, tls: {clientCertificatePem: cert, clientKeyPem: hunter2}}
operators:
  - {id: b, host: h, port: 1, systemId: s, password: hunter2, timers: {response: 30s}}
  - {id: c, host: h, port: 1, systemId: s, password: hunter2, profile: roshan}
`)
	next, changes, err := c.Reload()
	if err != nil {
		t.Fatal(err)
	}
	same(t, changes,
		`httpAddr: ":1001" → ":1002" (needs a restart)`,
		`nats.url: changed (needs a restart)`,
		`dlr.orphanAfter: 1h → 2h (live)`,
		`timers.response: 30s → 20s (live)`,
		`telemetry.logLevel: "info" → "debug" (live)`,
		`telemetry.msisdnMask: "0+3" → "5+2" (live)`,
		`telemetry.sampleRatio: 0.01 → 1 (needs a restart)`,
		`profiles.roshan.tls.clientKeyPem: changed (live)`,
		`profiles.roshan.window: 25 → 30 (live)`,
		`operators[b].password: changed (live)`,
		`operators[c]: absent → served (live)`,
		`operators[a]: served → absent (live)`,
	)
	if next.HTTPAddr != ":1001" || next.NATS.URL.Reveal() != "nats://user:hunter1@n:4222" || next.Telemetry.SampleRatio != 0.01 {
		t.Errorf("in force without a restart: %s, %v", next.HTTPAddr, next.Telemetry.SampleRatio)
	}
	if next.Telemetry.LogLevel != "debug" || next.Receipts.OrphanAfter != 2*time.Hour || next.Timers.Response != 20*time.Second {
		t.Errorf("level %s, orphan after %v, response %v", next.Telemetry.LogLevel, next.Receipts.OrphanAfter, next.Timers.Response)
	}
	if len(next.Operators) != 2 || next.Operators[0].Password.Reveal() != "hunter2" || next.Operators[1].Window != 30 {
		t.Errorf("%d operators", len(next.Operators))
	}
	if c.Telemetry.LogLevel != "info" || c.Operators[0].ID != "a" {
		t.Error("Reload changed the Config it was called on")
	}
	_, again, err := next.Reload()
	if err != nil {
		t.Fatal(err)
	}
	same(t, again,
		`httpAddr: ":1001" → ":1002" (needs a restart)`,
		`nats.url: changed (needs a restart)`,
		`telemetry.sampleRatio: 0.01 → 1 (needs a restart)`,
	)
}

// A wrong file leaves what is in force, and is told whole; so does one that is
// right only with a restart.
func TestReloadRefusesAndKeeps(t *testing.T) {
	file := write(t, running)
	c, err := Load(file, []string{})
	if err != nil {
		t.Fatal(err)
	}
	refused := func(wants ...string) {
		t.Helper()
		next, changes, err := c.Reload()
		if next != c || changes != nil || err == nil {
			t.Fatalf("accepted: %v", changes)
		}
		for _, want := range append(wants, "") {
			if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter") {
				t.Errorf("want %q in: %v", want, err)
			}
		}
	}
	rewrite(t, file, "httpAddr: nowhere\nlanes: P9\noperators: [{id: a, port: 99999, passwrod: hunter2}]\n")
	refused("httpAddr", "lanes", "operators[a].port", "operators[a].passwrod", "operators[a].host")
	rewrite(t, file, running+"\ndispatch: {ackWait: 15m}\ntimers: {response: 10m}\n")
	refused("before a restart: dispatch.ackWait (DISPATCH_ACK_WAIT) is 1m30s", "response timeout of a, 10m")
	rewrite(t, file, "hunter2")
	refused("not YAML")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	refused(filepath.Base(file))
	if _, _, err := (&Config{}).Reload(); err == nil {
		t.Error("a Config made by hand is loaded again")
	}
}

// The environment is read again; an operator that OPERATOR_IDS drops stays as a backup.
func TestReloadReadsTheEnvironmentAndPasswordFiles(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "password")
	rewrite(t, secret, "hunter1\n")
	file := write(t, fmt.Sprintf(`
operators:
  - {id: a, host: h, port: 1, systemId: s, passwordFile: %q, backupOperatorId: b}
  - {id: b, host: h, port: 1, systemId: s, password: hunter1, tls: {caPem: "%s"}}
`, secret, strings.Repeat("certificate ", 100)))
	t.Setenv("OPERATOR_IDS", "a,b")
	t.Setenv("MNO_ID", "")
	c, err := Load(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("OPERATOR_IDS", "a")
	rewrite(t, secret, "hunter2\n")
	next, changes, err := c.Reload()
	if err != nil {
		t.Fatal(err)
	}
	same(t, changes,
		`operatorIds: ["a", "b"] → ["a"] (live)`,
		`operators[a].password: changed (live)`,
		`operators[b]: served → configured (live)`,
	)
	if changes[0].Operator != "" || changes[1].Operator != "a" || changes[2].Operator != "b" {
		t.Errorf("of whom: %+v", changes)
	}
	if _, known := next.Operator("b"); !known || len(next.Operators) != 1 {
		t.Errorf("%d operators", len(next.Operators))
	}
	octets, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rewrite(t, file, strings.Replace(string(octets), "certificate ", "Certificate ", 1))
	_, changes, err = next.Reload()
	if err != nil {
		t.Fatal(err)
	}
	same(t, changes, `operators[b].tls.caPem: changed (live)`) // too long for a line
}

// Each name of the rule is a setting or a group, and what is bound to an address,
// a folder or a stream is not live.
func TestLiveSettings(t *testing.T) {
	for _, name := range live {
		if !slices.ContainsFunc(settings, func(row knob[Config]) bool {
			return row.path == name || strings.HasSuffix(name, ".") && strings.HasPrefix(row.path, name)
		}) {
			t.Errorf("%s is no setting", name)
		}
	}
	for _, path := range []string{"httpAddr", "debugAddr", "nats.url", "nats.replicas", "redis.url", "dataDir", "mno", "bindDirection", "lanes", "podName", "dispatch.ackWait"} {
		if isLive(path) || !slices.Contains(paths(settings), path) {
			t.Errorf("%s: live %v", path, isLive(path))
		}
	}
}

// A print compares like the Config that printed it, but for the secrets.
func TestDiffAgainstAPrint(t *testing.T) {
	old := load(t, running, []string{"POD_NAME=pod-0"})
	paper := printed(t, old)
	none, err := old.ChangesFrom(strings.NewReader(paper))
	if err != nil {
		t.Fatal(err)
	}
	same(t, none)

	const now = `
httpAddr: ":1002"
nats: {url: "nats://user:hunter2@m:4222"}
redis: {url: "redis://:hunter2@r:6379/0"}
profiles:
  roshan: {window: 30}
operators:
  - {id: b, host: h, port: 1, systemId: s, password: hunter2, outbind: {listen: ":2776", systemId: mno, password: hunter2}, statuses: [0x0408=reject]}
  - {id: a, host: h, port: 1, systemId: s, password: hunter2, profile: roshan}
  - {id: c, host: h, port: 1, systemId: s, password: hunter2}
`
	changes, err := load(t, now, []string{"POD_NAME=pod-0", "OPERATOR_IDS=b,a"}).ChangesFrom(strings.NewReader(paper))
	if err != nil {
		t.Fatal(err)
	}
	same(t, changes,
		`operatorIds: [] → ["b", "a"] (live)`,
		`httpAddr: ":1001" → ":1002" (needs a restart)`,
		`nats.url: "nats://******@n:4222" → "nats://******@m:4222" (needs a restart)`,
		`redis.url: "" → "redis://******@r:6379/0" (needs a restart)`,
		`operators[b].outbind.listen: "" → ":2776" (live)`,
		`operators[b].outbind.systemId: "" → "mno" (live)`,
		`operators[b].outbind.password: "" → "******" (live)`,
		`operators[b].statuses: [] → ["0x00000408=reject"] (live)`,
		`operators[a].tls.clientCertificatePem: "cert" → "" (live)`,
		`operators[a].tls.clientKeyPem: "******" → "" (live)`,
		`operators[a].window: 25 → 30 (live)`,
		`operators[c]: absent → configured (live)`,
	)
}

// A process of before a setting existed does not reload it, and what no process
// printed is no print.
func TestDiffAgainstAnOlderPrintAndNone(t *testing.T) {
	c := load(t, running, []string{"POD_NAME=pod-0"})
	var older []string
	for line := range strings.Lines(printed(t, c)) {
		if !strings.Contains(line, "maxPdu") && !strings.Contains(line, "holdUnknown") {
			older = append(older, line)
		}
	}
	changes, err := c.ChangesFrom(strings.NewReader(strings.Join(older, "")))
	if err != nil {
		t.Fatal(err)
	}
	same(t, changes,
		`maxPdu: absent → 131072 (needs a restart)`,
		`operators[a].holdUnknown: absent → 1h (needs a restart)`,
		`operators[b].holdUnknown: absent → 1h (needs a restart)`,
	)
	for _, text := range []string{"", "hunter2", "404 page not found\n", "a: 1\n", "lanes: [P0]\noperators: 7\n", "lanes: [P0\n"} {
		if _, err := c.ChangesFrom(strings.NewReader(text)); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
