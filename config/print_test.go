package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// secretive has a password in every place that can hold one.
const secretive = `
nats: {url: "nats://token-hunter2@n1:4222,nats://user:hunter2@n2:4222"}
redis: {url: "redis://:hunter2@r:6379/0"}
postgres: {url: "postgres://u:hunter2@p/db?password=hunter2&sslmode=disable"}
operatorManagement: {url: "http://u:hunter2@om:3000"}
telemetry: {otlpEndpoint: "http://u:hunter2@c:4318"}
operators:
  - {id: awcc, host: smsc.example, port: 2775, systemId: ghasi, password: hunter2, tls: {clientCertificatePem: cert, clientKeyPem: hunter2}, outbind: {listen: ":2776", systemId: mno, password: hunter2}}
`

func TestNothingShowsASecret(t *testing.T) {
	c := load(t, secretive, []string{})
	var out bytes.Buffer
	if err := c.Print(&out); err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.NewJSONHandler(&out, nil))
	logger.Info("config", "password", c.Operators[0].Password, "url", c.Postgres.URL, "all", c)
	slog.New(slog.NewTextHandler(&out, nil)).Info("config", "all", c, "operator", c.Operators[0])
	asJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(asJSON)
	credentials, _ := c.Credentials("awcc")
	fmt.Fprintf(&out, "%v %+v %#v %s %v %+v", *c, *c, *c, c.Operators[0].Password, c.Redis, credentials)
	if at := strings.Index(out.String(), "hunter2"); at >= 0 {
		t.Errorf("a secret is shown: …%s…", out.String()[max(0, at-80):at+7])
	}
	for _, want := range []string{"smsc.example", "n2:4222", mask} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is not shown", want)
		}
	}
	if got := c.Postgres.URL.Reveal(); !strings.Contains(got, "hunter2") {
		t.Errorf("Reveal masks: %s", got)
	}
}

func TestURLMasks(t *testing.T) {
	for _, row := range []struct{ url, want string }{
		{"", ""},
		{"nats://n:4222", "nats://n:4222"},
		{"nats://a:b@n:4222,nats://c@m", "nats://******@n:4222,nats://******@m"},
		{"postgres:///db?host=/run&password=x", mask},
		{"host=p password=x", mask},
		{"redis://r/0?password=x", "redis://r/0?******"},
	} {
		if got := URL(row.url).String(); got != row.want {
			t.Errorf("%s shows as %s, want %s", row.url, got, row.want)
		}
	}
}

// What is printed is a file again: loading it gives the same print.
func TestPrintIsAFile(t *testing.T) {
	const file = `
nats: {replicas: 3}
lanes: [P0, P1]
operators:
  - {id: a, host: h, port: 1, systemId: s, password: p, profile: vonage, timers: {backoff: [1s, 90s]}}
  - {id: b, host: h, port: 1, systemId: s, password: p, sourceTon: 3, backupOperatorId: a}
`
	first := printed(t, load(t, file, []string{"POD_NAME=pod-0"}))
	second := printed(t, load(t, first, []string{}))
	strip := func(s string) string { // where a value came from is another thing
		var out []string
		for line := range strings.Lines(s) {
			setting, _, _ := strings.Cut(line, " # ")
			out = append(out, strings.TrimSpace(setting))
		}
		return strings.Join(out, "\n")
	}
	if strip(first) != strip(second) {
		t.Errorf("first:\n%s\nsecond:\n%s", first, second)
	}
	golden(t, "testdata/print.golden", []byte(first))
}

func printed(t *testing.T, c *Config) string {
	t.Helper()
	var out bytes.Buffer
	if err := c.Print(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// The reference has each setting once, with a meaning, and each variable once.
func TestReference(t *testing.T) {
	rows := Reference()
	if len(rows) != len(settings)+len(operatorSettings) {
		t.Errorf("%d rows", len(rows))
	}
	names, vars := make(map[string]bool), make(map[string]bool)
	for _, row := range rows {
		if names[row.Name] || row.Env != "" && vars[row.Env] {
			t.Errorf("%s (%s) stands there twice", row.Name, row.Env)
		}
		names[row.Name], vars[row.Env] = true, true
		if row.Meaning == "" {
			t.Errorf("%s has no meaning", row.Name)
		}
	}
	for _, env := range []string{ // as the stories and issue 2 write them
		"NATS_URL", "REDIS_URL", "POSTGRES_URL", "OPERATOR_MANAGEMENT_URL", "OPERATOR_IDS", "MNO_ID", "BIND_DIRECTION",
		"LANES", "POD_ORDINAL", "EGRESS_IP_POOL", "NATS_NKEY_SEED_FILE", "HTTP_ADDR", "DEBUG_ADDR", "OTEL_EXPORTER_OTLP_ENDPOINT",
		"SMPP_HOST", "SMPP_PORT", "SMPP_SYSTEM_ID", "SMPP_PASSWORD",
	} {
		if !vars[env] {
			t.Errorf("no setting has the variable %s", env)
		}
	}
	var window Row
	for _, row := range rows {
		if row.Name == "operators[].window" {
			window = row
		}
	}
	if window.Default != "100" {
		t.Errorf("window's default: %q", window.Default)
	}
}

// Each default is a value that its own row accepts.
func TestDefaultsAreValid(t *testing.T) {
	for _, row := range settings {
		var c Config
		if row.std == "" {
			continue
		}
		if want := row.field(&c).read(row.std); want != "" {
			t.Errorf("%s: default %q: want %s", row.path, row.std, want)
		}
	}
}
