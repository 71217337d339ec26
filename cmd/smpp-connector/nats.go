package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/ghasi/smpp-connector/infra/embedded"
	"github.com/ghasi/smpp-connector/infra/natsjs"
)

// natsFlags say where NATS is, to the commands that visit the one of a running
// connector: send, dlq.
type natsFlags struct{ url, seedFile, data string }

func (n *natsFlags) add(set *flag.FlagSet) {
	set.StringVar(&n.url, "nats", os.Getenv("NATS_URL"), "NATS server (NATS_URL); the standalone connector's without it")
	set.StringVar(&n.seedFile, "nkey-seed-file", os.Getenv("NATS_NKEY_SEED_FILE"), "file with the NKey seed (NATS_NKEY_SEED_FILE)")
	set.StringVar(&n.data, "data", dataDir(), "data folder of the standalone connector, to find its NATS")
}

// dataDir is where the standalone connector leaves its address.
func dataDir() string {
	if dir := os.Getenv("DATA_DIR"); dir != "" {
		return dir
	}
	return "data"
}

// find fills in the address that was left out, and says what is wrong with the flags.
func (n *natsFlags) find() error {
	if n.seedFile != "" {
		if _, err := nats.NkeyOptionFromSeed(n.seedFile); err != nil {
			return fmt.Errorf("--nkey-seed-file: %w", err)
		}
	}
	if n.url == "" {
		file := filepath.Join(n.data, embedded.URLFile)
		octets, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("no NATS server: start `smpp-connector serve`, or name one with --nats (no address in %s)", file)
		}
		n.url = strings.TrimSpace(string(octets))
	}
	return nil
}

// open connects; there is one try, because somebody waits for the answer.
func (n *natsFlags) open(ctx context.Context, command string) (*natsjs.Conn, error) {
	conn, err := natsjs.Connect(ctx, natsjs.Options{URLs: []string{n.url}, NKeySeedFile: n.seedFile, Name: "smpp-connector " + command, Once: true})
	if err != nil {
		return nil, fmt.Errorf("%w (which server: --nats or NATS_URL; which key: --nkey-seed-file)", err)
	}
	return conn, nil
}

// leave closes a connection that open has made.
func leave(ctx context.Context, conn *natsjs.Conn) {
	_ = conn.Close(context.WithoutCancel(ctx)) // all that was written has been answered
}
