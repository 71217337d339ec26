package stack

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// A process that plays a test that dies hard names the folder here.
const playDead = "SMPP_STACK_PLAY_DEAD"

func TestPostgresGivesEachTestAnEmptyDatabase(t *testing.T) {
	one, two := Postgres(t), Postgres(t)
	if err := runSQL(one, "CREATE TABLE marks (n int)"); err != nil {
		t.Fatal(err)
	}
	if err := runSQL(two, "CREATE TABLE marks (n int)"); err != nil {
		t.Errorf("the second database knows the first one's table: %v", err)
	}
}

func TestPostgresKeepsItsDataOverStopAndKill(t *testing.T) {
	s := PostgresServer(t)
	if err := runSQL(s.URL, "CREATE TABLE marks (n int)"); err != nil {
		t.Fatal(err)
	}
	s.Stop()
	if err := runSQL(s.URL, "SELECT 1"); err == nil {
		t.Error("a stopped server answers")
	}
	s.Start()
	if err := runSQL(s.URL, "INSERT INTO marks VALUES (1)"); err != nil {
		t.Fatalf("after Stop and Start: %v", err)
	}
	s.Kill()
	s.Start()
	if err := runSQL(s.URL, "UPDATE marks SET n = 1 / (SELECT count(*) FROM marks)"); err != nil {
		t.Errorf("after Kill and Start: %v", err)
	}
}

func TestPausedServersAnswerNobodyUntilResumed(t *testing.T) {
	postgres, redis := PostgresServer(t), RedisServer(t)
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, postgres.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	for _, c := range []struct {
		server *Server
		ask    func(context.Context) error
	}{
		// An open connection: its process is a child of the one that was paused.
		{postgres, func(ctx context.Context) error { _, err := conn.Exec(ctx, "SELECT 1"); return err }},
		{redis, redis.recipe.ready},
	} {
		if err := c.ask(ctx); err != nil {
			t.Fatalf("%s: %v", c.server.recipe.name, err)
		}
		c.server.Pause()
		asked := time.Now() // before the 50 ms begin
		short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		if err := c.ask(short); err == nil || time.Since(asked) < 45*time.Millisecond {
			t.Errorf("%s answered %v after %v while it was paused, want silence", c.server.recipe.name, err, time.Since(asked))
		}
		cancel()
		c.server.Resume()
		if err := c.server.recipe.ready(ctx); err != nil {
			t.Errorf("%s after Resume: %v", c.server.recipe.name, err)
		}
	}
}

func TestRedisKeepsItsDataOverStop(t *testing.T) {
	s := RedisServer(t)
	s.Stop()
	if err := s.recipe.ready(context.Background()); err == nil {
		t.Error("a stopped server answers")
	}
	s.Start()
	if _, err := os.Stat(filepath.Join(s.dir, "appendonlydir")); err != nil {
		t.Errorf("no append-only file: %v", err)
	}
}

// Whatever kills a test process, no server and no folder stays behind.
func TestNothingOutlivesTheTestProcess(t *testing.T) {
	if note := os.Getenv(playDead); note != "" {
		playDeadNow(t, note)
		return
	}
	Program(t, "postgres") // the child cannot say that it skipped
	Program(t, "redis-server")
	note := filepath.Join(t.TempDir(), "note")
	child := exec.Command(os.Args[0], "-test.run=^TestNothingOutlivesTheTestProcess$", "-test.count=1")
	child.Env = append(os.Environ(), playDead+"="+note)
	out, err := child.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the child ended with %v, want SIGKILL: %s", err, out)
	}
	left, err := os.ReadFile(note)
	if err != nil {
		t.Fatal(err)
	}
	base, pids, _ := strings.Cut(strings.TrimSpace(string(left)), " ")
	deadline := time.Now().Add(2 * time.Minute)
	for {
		var alive []string
		for _, field := range strings.Fields(pids) {
			pid, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			if syscall.Kill(pid, 0) == nil {
				alive = append(alive, field)
			}
		}
		_, err := os.Stat(base)
		if len(alive) == 0 && errors.Is(err, os.ErrNotExist) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still there: processes %v, folder %s: %v", alive, base, err)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// playDeadNow starts servers, freezes one, and dies as kill -9 does.
func playDeadNow(t *testing.T, note string) {
	postgres, redis := PostgresServer(t), RedisServer(t)
	pids := []string{janitor.base}
	for _, s := range []*Server{postgres, redis} {
		pids = append(pids, strconv.Itoa(s.cmd.Process.Pid))
		for _, child := range childrenOf(s.cmd.Process.Pid) {
			pids = append(pids, strconv.Itoa(child))
		}
	}
	if err := os.WriteFile(note, []byte(strings.Join(pids, " ")), 0o600); err != nil {
		t.Fatal(err)
	}
	postgres.Pause()
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
}
