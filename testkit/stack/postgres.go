package stack

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// PostgresOption changes how PostgresServer runs its server.
type PostgresOption func(*postgresOptions)

type postgresOptions struct{ durable bool }

// Durable turns fsync on: a benchmark then pays what production pays.
func Durable() PostgresOption { return func(o *postgresOptions) { o.durable = true } }

// Postgres returns the URL of a fresh, empty database on a real PostgreSQL that
// all tests of the process share. The database goes with the test, the server
// with the process. For a server that can be stopped, see PostgresServer.
func Postgres(t testing.TB) string {
	t.Helper()
	s := sharedPostgres(t)
	name := "test" + strconv.FormatInt(databases.Add(1), 10)
	if err := runSQL(s.URL, "CREATE DATABASE "+name+" TEMPLATE template0"); err != nil {
		t.Fatalf("stack: make a database: %v", err)
	}
	t.Cleanup(func() {
		if err := runSQL(s.URL, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("stack: drop the database: %v", err)
		}
	})
	return withDatabase(s.URL, name)
}

// PostgresServer returns a PostgreSQL of the test's own, running, with an empty
// database. fsync is off unless Durable says otherwise: a Kill loses nothing
// that was committed, but a power cut would.
func PostgresServer(t testing.TB, options ...PostgresOption) *Server {
	t.Helper()
	bin := Program(t, "postgres")
	s, err := newPostgres(t, bin, options...)
	if err != nil {
		t.Fatal(err)
	}
	s.t = t
	t.Cleanup(s.remove)
	s.Start()
	return s
}

var (
	shared struct {
		once   sync.Once
		server *Server
		err    error
	}
	databases atomic.Int64
)

func sharedPostgres(t testing.TB) *Server {
	t.Helper()
	bin := Program(t, "postgres") // may skip the test: outside of the once
	shared.once.Do(func() {
		// What stays if freePort fails the test, and so leaves this function.
		shared.err = errors.New("stack: no free port for PostgreSQL")
		if shared.server, shared.err = newPostgres(t, bin); shared.err == nil {
			shared.err = shared.server.start()
		}
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.server
}

// newPostgres makes a data folder and the recipe to run a server on it. As root
// everything is done as an unprivileged user, because PostgreSQL refuses root.
func newPostgres(t testing.TB, bin string, options ...PostgresOption) (*Server, error) {
	var o postgresOptions
	for _, option := range options {
		option(&o)
	}
	dir, err := workFolder("postgres")
	if err != nil {
		return nil, err
	}
	owner, err := unprivileged()
	if err != nil {
		return nil, err
	}
	password := rand.Text()
	if err := initdb(dir, password, owner); err != nil {
		return nil, err
	}
	port := strconv.Itoa(freePort(t))
	s := &Server{
		URL:  (&url.URL{Scheme: "postgres", User: url.UserPassword("smpp", password), Host: "127.0.0.1:" + port, Path: "postgres", RawQuery: "sslmode=disable"}).String(),
		Addr: "127.0.0.1:" + port,
		dir:  dir,
	}
	s.recipe = recipe{
		name: "postgres",
		command: []string{bin, "-D", filepath.Join(dir, "data"), "-p", port,
			"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
			"-c", "dynamic_shared_memory_type=mmap", // in the data folder, so that nothing outlives it
			"-c", "fsync=" + onOff(o.durable), "-c", "full_page_writes=" + onOff(o.durable),
			"-c", "shared_buffers=64MB", "-c", "max_wal_size=512MB", "-c", "log_min_messages=warning"},
		user:  owner,
		ready: func(ctx context.Context) error { return pingPostgres(ctx, s.URL) },
		clean: syscall.SIGINT, // "fast": open transactions are rolled back
		// "immediate": no checkpoint, recovery from the WAL at the next start.
		// SIGKILL would leave backends that keep the next start from the data.
		crash: syscall.SIGQUIT,
	}
	return s, nil
}

func initdb(dir, password string, owner *syscall.Credential) error {
	bin := lookUp("initdb")
	if bin == "" {
		return errors.New("stack: PostgreSQL is here, but its initdb is not; as root: apt-get install -y postgresql")
	}
	secret := filepath.Join(dir, "password")
	if err := os.WriteFile(secret, []byte(password+"\n"), 0o600); err != nil {
		return fmt.Errorf("stack: write the password for initdb: %w", err)
	}
	if owner != nil {
		for _, path := range []string{dir, secret} {
			if err := os.Chown(path, int(owner.Uid), int(owner.Gid)); err != nil {
				return fmt.Errorf("stack: give %s to PostgreSQL's user: %w", path, err)
			}
		}
	}
	cmd := exec.Command(bin, "-D", filepath.Join(dir, "data"), "-U", "smpp", "--pwfile="+secret,
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions")
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: owner}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("stack: initdb: %w: %s", err, out)
	}
	return os.Remove(secret)
}

// unprivileged names the user that PostgreSQL runs as: nil, the test's own,
// unless that is root.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if uidErr == nil && gidErr == nil && uid != 0 {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, fmt.Errorf("stack: PostgreSQL refuses to run as root and there is no user postgres or nobody to run it as")
}

func pingPostgres(ctx context.Context, at string) error {
	conn, err := pgx.Connect(ctx, at)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

func runSQL(at, sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startWithin)
	defer cancel()
	conn, err := pgx.Connect(ctx, at)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	return err
}

func withDatabase(at, name string) string {
	u, err := url.Parse(at)
	if err != nil {
		panic("stack: the URL that newPostgres made: " + err.Error())
	}
	u.Path = "/" + name
	return u.String()
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
