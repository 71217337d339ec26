package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/infra/embedded"
)

const deadline = time.Minute

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	t.Cleanup(cancel)
	return ctx
}

// start starts a server on a free port that stops with the test.
func start(t *testing.T, options embedded.Options) *embedded.Server {
	t.Helper()
	if options.DataDir == "" {
		options.DataDir = t.TempDir()
	}
	if options.Listen == "" {
		options.Listen = "127.0.0.1:0"
	}
	s, err := embedded.Start(within(t), options)
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	t.Cleanup(func() { _ = s.Close(within(t)) }) // most tests have closed it themselves
	return s
}

func client(t *testing.T, url string, options ...nats.Option) jetstream.JetStream {
	t.Helper()
	nc, err := nats.Connect(url, options...)
	if err != nil {
		t.Fatalf("connect to %s: %v", url, err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func TestServesBothWays(t *testing.T) {
	s := start(t, embedded.Options{})
	inside := client(t, "", nats.InProcessServer(s))
	kv, err := inside.CreateKeyValue(within(t), jetstream.KeyValueConfig{Bucket: "b", Storage: jetstream.FileStorage})
	if err != nil {
		t.Fatalf("make a bucket over the pipe: %v", err)
	}
	if _, err := kv.PutString(within(t), "key", "value"); err != nil {
		t.Fatal(err)
	}
	outside, err := client(t, s.URL()).KeyValue(within(t), "b")
	if err != nil {
		t.Fatalf("open the bucket over the socket: %v", err)
	}
	if entry, err := outside.Get(within(t), "key"); err != nil || string(entry.Value()) != "value" {
		t.Errorf("read over the socket: %v", err)
	}
	if !strings.HasPrefix(s.URL(), "nats://127.0.0.1:") {
		t.Errorf("the address is %s, want one on loopback", s.URL())
	}
}

func TestWhatIsStoredSurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	s := start(t, embedded.Options{DataDir: dir})
	kv, err := client(t, s.URL()).CreateKeyValue(within(t), jetstream.KeyValueConfig{Bucket: "b", Storage: jetstream.FileStorage})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		if _, err := kv.PutString(within(t), fmt.Sprint(i), "value"); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(within(t)); err != nil {
		t.Fatalf("Close: %v", err)
	}
	s = start(t, embedded.Options{DataDir: dir})
	kv, err = client(t, s.URL()).KeyValue(within(t), "b")
	if err != nil {
		t.Fatal(err)
	}
	if keys, err := kv.Keys(within(t)); err != nil || len(keys) != 100 {
		t.Errorf("%d of 100 keys after a restart, %v", len(keys), err)
	}
}

func TestTheAddressIsWrittenWhileItRuns(t *testing.T) {
	dir := t.TempDir()
	s := start(t, embedded.Options{DataDir: dir})
	file := filepath.Join(dir, embedded.URLFile)
	content, err := os.ReadFile(file)
	if err != nil || strings.TrimSpace(string(content)) != s.URL() {
		t.Errorf("%s holds %q, %v; want %s", embedded.URLFile, content, err, s.URL())
	}
	if err := s.Close(within(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there after Close: %v", embedded.URLFile, err)
	}
}

func TestATakenPortGivesWayToTheNext(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	if port > 65000 {
		t.Skipf("the kernel gave port %d: no room above it for the test", port)
	}
	s := start(t, embedded.Options{Listen: taken.Addr().String()})
	var got int
	if _, err := fmt.Sscanf(s.URL(), "nats://127.0.0.1:%d", &got); err != nil || got <= port || got > port+100 {
		t.Errorf("it listens on %s, want a port soon after %d", s.URL(), port)
	}
}

func TestADataDirHasOneOwner(t *testing.T) {
	dir := t.TempDir()
	s := start(t, embedded.Options{DataDir: dir})
	_, err := embedded.Start(within(t), embedded.Options{DataDir: dir, Listen: "127.0.0.1:0"})
	var inUse *embedded.DirInUse
	if !errors.As(err, &inUse) || inUse.PID != os.Getpid() || inUse.Dir != dir {
		t.Fatalf("a second server on one directory: %v; want DirInUse with the process that has it", err)
	}
	if err := s.Close(within(t)); err != nil {
		t.Fatal(err)
	}
	start(t, embedded.Options{DataDir: dir}) // what a process that died has left behind is no obstacle
}

func TestCloseLeavesNothingRunning(t *testing.T) {
	before := runtime.NumGoroutine()
	s := start(t, embedded.Options{})
	nc, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		t.Fatal(err)
	}
	nc.Close()
	if err := s.Close(within(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := net.DialTimeout("tcp", strings.TrimPrefix(s.URL(), "nats://"), time.Second); err == nil {
		t.Error("the port still answers after Close")
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for ctx := within(t); runtime.NumGoroutine() > before+1; { // within's own timer may have one
		select {
		case <-tick.C:
		case <-ctx.Done():
			stacks := make([]byte, 1<<16)
			t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

func TestWrongOptionsSayWhatToDo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		options embedded.Options
		want    string
	}{
		"no directory":        {embedded.Options{}, "--data"},
		"directory is a file": {embedded.Options{DataDir: file}, "data directory"},
		"no port":             {embedded.Options{DataDir: t.TempDir(), Listen: "127.0.0.1"}, "host:port"},
		"port too high":       {embedded.Options{DataDir: t.TempDir(), Listen: "127.0.0.1:70000"}, "host:port"},
		"not our address":     {embedded.Options{DataDir: t.TempDir(), Listen: "192.0.2.1:4222"}, "could be listened on"},
	} {
		s, err := embedded.Start(within(t), test.options)
		if err == nil {
			_ = s.Close(within(t))
			t.Errorf("%s: it starts", name)
		} else if !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v; want %q in it", name, err, test.want)
		}
	}
}

// lines collects what is logged.
type lines struct {
	slog.Handler
	mu  sync.Mutex
	all []string
}

func (l *lines) Enabled(context.Context, slog.Level) bool { return true }
func (l *lines) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, r.Message)
	return nil
}

func TestItIsQuiet(t *testing.T) {
	heard := &lines{}
	s := start(t, embedded.Options{Logger: slog.New(heard)})
	client(t, s.URL())
	if err := s.Close(within(t)); err != nil {
		t.Fatal(err)
	}
	heard.mu.Lock()
	defer heard.mu.Unlock()
	if len(heard.all) != 0 {
		t.Errorf("a start and a stop without trouble log %q", heard.all)
	}
}
