package config

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files again")

// minimal is the environment of a pod that serves one operator and knows nothing else.
var minimal = []string{
	"OPERATOR_IDS=awcc", "SMPP_HOST=smsc.example", "SMPP_PORT=2775", "SMPP_SYSTEM_ID=ghasi", "SMPP_PASSWORD=s3cr3t!!",
}

// write puts a configuration file into a folder of the test's own.
func write(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func load(t *testing.T, content string, env []string, flags ...Setting) *Config {
	t.Helper()
	file := ""
	if content != "" {
		file = write(t, content)
	}
	c, err := Load(file, env, flags...)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return c
}

// An operator from the environment alone is enough (issue 2, point 2).
func TestEnvironmentAlone(t *testing.T) {
	c := load(t, "", minimal)
	if !c.Standalone() || len(c.Operators) != 1 {
		t.Fatalf("standalone %v, %d operators", c.Standalone(), len(c.Operators))
	}
	o := c.Operators[0]
	if o.ID != "awcc" || o.Host != "smsc.example" || o.Port != 2775 || o.SystemID != "ghasi" || o.Password.Reveal() != "s3cr3t!!" {
		t.Errorf("operator %s at %s:%d as %s", o.ID, o.Host, o.Port, o.SystemID)
	}
	if o.Window != 100 || o.Binds != 1 || o.InterfaceVersion != 0x34 || o.BindMode != ModeTRX || o.MaxParts != 255 {
		t.Errorf("defaults: window %d, binds %d, version %#x, mode %s, parts %d", o.Window, o.Binds, o.InterfaceVersion, o.BindMode, o.MaxParts)
	}
	if got := o.TemporaryError.String() + " " + o.FallbackTriggers[0].String(); got != "ESME_RX_T_APPN ESME_RINVCMDID" {
		t.Errorf("statuses: %s", got)
	}
	if !slices.Equal(c.Lanes, []string{"P0", "P1", "P2", "P3"}) || c.PodOrdinal != -1 || c.Pod == "" {
		t.Errorf("lanes %v, ordinal %d, pod %q", c.Lanes, c.PodOrdinal, c.Pod)
	}
	if c.NATS.Listen != "127.0.0.1:4222" || !strings.HasPrefix(c.DebugAddr, "127.0.0.1:") {
		t.Errorf("listens on %s and %s: want loopback", c.NATS.Listen, c.DebugAddr)
	}
}

// US-SC-004, US-SC-005, US-SC-010, US-SC-023: the stories' times are the defaults.
func TestTimesOfTheStories(t *testing.T) {
	c := load(t, "", minimal)
	for _, timers := range []Timers{c.Timers, c.Operators[0].Timers} {
		if timers.EnquireLink != 30*time.Second || timers.EnquireLinkResponse != 10*time.Second || timers.Response != 30*time.Second {
			t.Errorf("heartbeat %v/%v, response %v", timers.EnquireLink, timers.EnquireLinkResponse, timers.Response)
		}
		want := []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, 60 * time.Second}
		if !slices.Equal(timers.Backoff, want) || timers.BackoffJitter != 0 {
			t.Errorf("backoff %v, jitter %v", timers.Backoff, timers.BackoffJitter)
		}
	}
	if c.Correlation.Expiry != 72*time.Hour || c.Concat.Window != time.Minute || c.Dispatch.AckWait != 90*time.Second {
		t.Errorf("expiry %v, concat %v, ack wait %v", c.Correlation.Expiry, c.Concat.Window, c.Dispatch.AckWait)
	}
}

// flags > environment > file > defaults.
func TestPrecedence(t *testing.T) {
	const file = `
httpAddr: ":1001"
debugAddr: "127.0.0.1:1002"
dataDir: from-file
nats: {replicas: 3}
operators:
  - {id: awcc, host: h, port: 1, systemId: s, password: p, window: 5}
`
	env := []string{"HTTP_ADDR=:2001", "DATA_DIR=from-env", "SMPP_WINDOW=7", "DEBUG_ADDR="}
	c := load(t, file, env, Setting{"dataDir", "from-flag"})
	for _, row := range []struct{ what, got, want string }{
		{"flag beats environment", c.DataDir, "from-flag"},
		{"environment beats file", c.HTTPAddr, ":2001"},
		{"an empty variable is none", c.DebugAddr, "127.0.0.1:1002"},
		{"file beats default", fmt.Sprint(c.NATS.Replicas), "3"},
		{"environment beats operator's entry", fmt.Sprint(c.Operators[0].Window), "7"},
		{"origin of a flag", c.rest.origins["dataDir"], "command line"},
		{"origin of a variable", c.rest.origins["httpAddr"], "HTTP_ADDR"},
		{"origin of the file", c.rest.origins["nats.replicas"], "file"},
		{"origin of a default", c.rest.origins["lanes"], "default"},
	} {
		if row.got != row.want {
			t.Errorf("%s: %q, want %q", row.what, row.got, row.want)
		}
	}
}

// Without an env argument the process's own environment is read.
func TestProcessEnvironment(t *testing.T) {
	for _, pair := range minimal {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	t.Setenv("MNO_ID", "awcc")
	t.Setenv("BIND_DIRECTION", "TX")
	t.Setenv("LANES", "p0, P1")
	c := load(t, "", nil)
	if c.MNO != "awcc" || c.Direction != "tx" || !slices.Equal(c.Lanes, []string{"P0", "P1"}) {
		t.Errorf("mno %q, direction %q, lanes %v", c.MNO, c.Direction, c.Lanes)
	}
}

// Every complaint at once, each with path, variable and shape, no secret quoted.
func TestComplaints(t *testing.T) {
	files, err := filepath.Glob("testdata/complaints/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			var env []string
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(content)) {
				if pair, ok := strings.CutPrefix(line, "# env "); ok {
					env = append(env, strings.TrimSpace(pair))
				}
			}
			if env == nil {
				env = []string{}
			}
			c, err := Load(file, env)
			if err == nil {
				t.Fatalf("accepted: %d operators", len(c.Operators))
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("a complaint quotes a secret:\n%v", err)
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".golden", []byte(err.Error()+"\n"))
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (-update writes it again)\ngot:\n%s\nwant:\n%s", name, got, want)
	}
}

// A Config made by hand is held to the same rules as one that was loaded.
func TestValidateByHand(t *testing.T) {
	c := load(t, "", minimal)
	if err := c.Validate(); err != nil {
		t.Fatalf("what Load accepted: %v", err)
	}
	c.NATS.Replicas = 9
	c.Operators[0].Window = 0
	c.Operators[0].Password = ""
	err := c.Validate()
	for _, want := range []string{"nats.replicas", "operators[awcc].window", "operators[awcc].password"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no complaint of %s in: %v", want, err)
		}
	}
	var first *Complaint
	if !errors.As(err, &first) || first.Env != "NATS_REPLICAS" {
		t.Errorf("first complaint: %+v", first)
	}
}

// A file that is not there, or not YAML, is said at once.
func TestUnreadableFile(t *testing.T) {
	if _, err := Load(filepath.Join(t.TempDir(), "absent.yaml"), minimal); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent: %v", err)
	}
	if _, err := Load(write(t, "a: [1, 2"), minimal); err == nil || !strings.Contains(err.Error(), "not YAML") {
		t.Errorf("broken: %v", err)
	}
	if _, err := Load(write(t, "hunter2"), minimal); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a text: %v", err)
	}
	if _, err := Load(write(t, "# nothing but a comment\n"), minimal); err != nil {
		t.Errorf("empty: %v", err)
	}
}

// What a pod serves: OPERATOR_IDS chooses and orders, the rest may be backups.
func TestServedOperators(t *testing.T) {
	const file = `
operators:
  - {id: a, host: h, port: 1, systemId: s, password: p, backupOperatorId: c}
  - {id: b, host: h, port: 1, systemId: s, password: p, bindMode: tx_rx, binds: 3, window: 9}
  - {id: c, host: h, port: 1, systemId: s, password: p, bindMode: rx}
`
	ids := func(c *Config) (ids []string) {
		for _, o := range c.Operators {
			ids = append(ids, o.ID)
		}
		return ids
	}
	if got := ids(load(t, file, []string{})); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("without OPERATOR_IDS: %v", got)
	}
	c := load(t, file, []string{"OPERATOR_IDS=b,a"})
	if got := ids(c); !slices.Equal(got, []string{"b", "a"}) {
		t.Errorf("OPERATOR_IDS=b,a: %v", got)
	}
	if backup, known := c.Operator("c"); !known || backup.BindMode != ModeRX {
		t.Errorf("the backup: known %v, %+v", known, backup.BindMode)
	}
	if _, known := c.Operator("d"); known {
		t.Error("d is known")
	}
	binds := c.Binds("b")
	if len(binds) != 3 || binds[2] != (Bind{MNO: "b", Direction: "trx", Number: 3, OperatorID: "b", Window: 9}) {
		t.Errorf("binds of b: %+v", binds)
	}
	named := load(t, file, []string{"OPERATOR_IDS=b", "MNO_ID=awcc", "BIND_DIRECTION=tx"}).Binds("b")
	if len(named) != 3 || named[0] != (Bind{MNO: "awcc", Direction: "tx", Number: 1, OperatorID: "b", Window: 9}) {
		t.Errorf("binds under MNO_ID: %+v", named)
	}
	if got := c.Binds("d"); got != nil {
		t.Errorf("binds of an unknown operator: %v", got)
	}
}

// US-SC-002: with the service, ids alone are enough, for a backup too.
func TestOperatorManagement(t *testing.T) {
	c := load(t, "", []string{"OPERATOR_IDS=a,b", "OPERATOR_MANAGEMENT_URL=http://operators.internal:3000"})
	if len(c.Operators) != 2 || c.Operators[1].ID != "b" || c.Operators[1].Window != 100 {
		t.Errorf("operators: %d", len(c.Operators))
	}
	if backup, known := c.Operator("elsewhere"); !known || backup.ID != "elsewhere" {
		t.Errorf("a backup that only the service knows: %v", known)
	}
	if _, known := c.Operator("not a token"); known {
		t.Error("an id that is no token is known")
	}
}

func TestPasswordFile(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte(" blanks stay \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := load(t, fmt.Sprintf("operators: [{id: a, host: h, port: 1, systemId: s, passwordFile: %q}]", secret), []string{})
	if got := c.Operators[0].Password.Reveal(); got != " blanks stay " {
		t.Errorf("password %q", got)
	}
}

// A password that is rotated in its file is another password at the next bind, without a
// reload; nothing else of the operator is another.
func TestARotatedFileIsReadAgain(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "password")
	rewrite(t, secret, "hunter1\n")
	yaml := fmt.Sprintf("profiles: {p: {tls: {caPem: x}}}\noperators: [{id: a, host: h, port: 1, systemId: s, profile: p, window: 7, passwordFile: %q}]", secret)
	c := load(t, yaml, []string{})
	op, _ := c.Operator("a")
	reread := func() Operator {
		t.Helper()
		next, err := op.Reread()
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	if next := reread(); !reflect.DeepEqual(next, op) {
		t.Errorf("nothing was rotated:\n%+v\n%+v", next, op)
	}
	rewrite(t, secret, "hunter2\n")
	next := reread()
	if next.Password.Reveal() != "hunter2" {
		t.Error("the password is the old one")
	}
	next.Password = op.Password
	if !reflect.DeepEqual(next, op) {
		t.Errorf("beside the password:\n%+v\n%+v", next, op)
	}
	rewrite(t, secret, "")
	if next, err := op.Reread(); err == nil || !strings.Contains(err.Error(), "operators[a].passwordFile") || !strings.Contains(err.Error(), "it is empty now") || next.Password != op.Password {
		t.Errorf("an empty file: %v", err)
	}
	if err := os.Remove(secret); err != nil {
		t.Fatal(err)
	}
	if _, err := op.Reread(); err == nil || !strings.Contains(err.Error(), "operators[a].passwordFile") || strings.Contains(err.Error(), "hunter") {
		t.Errorf("without the file: %v", err)
	}
	op, _ = load(t, "", []string{"OPERATOR_IDS=a", "SMPP_HOST=h", "SMPP_PORT=1", "SMPP_SYSTEM_ID=s", "SMPP_PASSWORD=p"}).Operator("a")
	if next := reread(); !reflect.DeepEqual(next, op) {
		t.Errorf("from the environment:\n%+v\n%+v", next, op)
	}
}

// US-SC-016: without rows, two operators of one MNO_ID need numbers of their own.
func TestUSSC016OperatorsOfOneMNOHaveNumbersOfTheirOwn(t *testing.T) {
	for first, wrong := range map[string]string{"1": `operators[b].firstBind is 1: want a number such as 4`, "3": `operators[b].firstBind is 3: want a number such as 4`, "4": ""} {
		file := filepath.Join(t.TempDir(), "smpp.yaml")
		yaml := "operators:\n  - {id: a, host: h, port: 1, systemId: s, password: p, binds: 3}\n  - {id: b, host: h, port: 1, systemId: s, password: p, firstBind: " + first + "}\n"
		if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Load(file, []string{"MNO_ID=awcc", "BIND_DIRECTION=trx"})
		if (err == nil) != (wrong == "") || err != nil && !strings.Contains(err.Error(), wrong) {
			t.Errorf("firstBind %s: %v; want %q", first, err, wrong)
		}
	}
}
