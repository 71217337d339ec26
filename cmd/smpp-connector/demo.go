package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/term"

	"github.com/ghasi/smpp-connector/config"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// demoOperator is the MNO that the simulator plays.
const demoOperator = "demo"

// demoFlags are demo's flags.
type demoFlags struct {
	messages int
	json     bool
	keep     bool
	timeout  time.Duration
}

// demo runs the connector standalone against the simulator over a real socket,
// sends real messages, and says what became of each. Exit status 0 only when
// every message came back as a receipt exactly once.
func demo(ctx context.Context, args []string, s streams) int {
	set := flag.NewFlagSet("demo", flag.ContinueOnError)
	set.SetOutput(s.err)
	var f demoFlags
	set.IntVar(&f.messages, "messages", 200, "how many messages to send")
	set.BoolVar(&f.json, "json", false, "print one JSON object in place of the summary")
	set.BoolVar(&f.keep, "keep", false, "stay up after the summary, until SIGTERM")
	set.DurationVar(&f.timeout, "timeout", 2*time.Minute, "how long to wait for the last receipt")
	if err := set.Parse(args); err != nil {
		return flagStatus(err)
	}
	if f.messages < 1 {
		fmt.Fprintf(s.err, "smpp-connector demo: --messages %d is too few: want 1 or more\n", f.messages)
		return 2
	}
	ctx, stop := untilSignalled(ctx)
	defer stop()
	ok, err := runDemo(ctx, f, s)
	if err != nil {
		fmt.Fprintln(s.err, "smpp-connector demo:", err)
	}
	if err != nil || !ok {
		return 1
	}
	return 0
}

// runDemo sets the stage, plays, and clears everything away.
func runDemo(ctx context.Context, f demoFlags, s streams) (ok bool, err error) {
	folder, err := os.MkdirTemp("", "smpp-connector-demo-")
	if err != nil {
		return false, fmt.Errorf("make a temporary folder: %w", err)
	}
	defer os.RemoveAll(folder)
	mno, err := smsc.Listen("127.0.0.1:0", smsc.Account("demo", "secret"), smsc.Named("demo-mno"))
	if err != nil {
		return false, fmt.Errorf("start the simulator: %w", err)
	}
	defer mno.Close()
	cfg, err := demoConfig(mno, folder)
	if err != nil {
		return false, err
	}
	log, err := os.Create(filepath.Join(folder, "connector.log"))
	if err != nil {
		return false, fmt.Errorf("make the log file: %w", err)
	}
	defer log.Close()
	t := newTally(f.messages)
	a, err := newApp(ctx, cfg, appOptions{log: log, listener: t})
	if err != nil {
		return false, err
	}
	life, end := context.WithCancel(ctx)
	ran := make(chan error, 1)
	go func() { ran <- a.Run(life) }()
	defer func() {
		end()
		err = errors.Join(err, <-ran)
	}()
	if f.keep && !f.json {
		printAddresses(s.out, a, mno)
	}
	if err := playDemo(ctx, a, mno, t, f, s); err != nil {
		return false, err
	}
	result := t.result(mno)
	if f.json {
		err = result.printJSON(s.out)
	} else {
		result.print(s.out)
	}
	if f.keep {
		fmt.Fprintln(s.err, "Staying up; Ctrl-C ends it.")
		<-ctx.Done()
	}
	return result.perfect(), err
}

func demoConfig(mno *smsc.Server, folder string) (*config.Config, error) {
	host, port := mno.HostPort()
	return config.Load("", []string{
		"OPERATOR_IDS=" + demoOperator, "SMPP_HOST=" + host, "SMPP_PORT=" + strconv.Itoa(port),
		"SMPP_SYSTEM_ID=demo", "SMPP_PASSWORD=secret", "SMPP_SOURCE_ADDRESS=Ghasi",
		"HTTP_ADDR=127.0.0.1:0", "DEBUG_ADDR=127.0.0.1:0",
	}, config.Setting{Path: "dataDir", Value: filepath.Join(folder, "data")}, config.Setting{Path: "nats.listen", Value: "127.0.0.1:0"})
}

func printAddresses(w io.Writer, a *app, mno *smsc.Server) {
	fmt.Fprintf(w, "  NATS     %s\n  MNO      %s\n  health   http://%s/health\n  ready    http://%s/ready\n  metrics  http://%s/metrics\n  actors   http://%s/debug/actors\n\n",
		a.embedded.URL(), mno.Addr(), a.http.HTTPAddr(), a.http.HTTPAddr(), a.http.HTTPAddr(), a.http.DebugAddr())
}

// playDemo publishes the commands and waits for their receipts, showing how far
// they have come.
func playDemo(ctx context.Context, a *app, mno *smsc.Server, t *tally, f demoFlags, s streams) error {
	ctx, cancel := context.WithTimeoutCause(ctx, f.timeout, fmt.Errorf("after %v", f.timeout))
	defer cancel()
	select {
	case <-a.started:
	case <-ctx.Done():
		return fmt.Errorf("the connector did not start: %w", context.Cause(ctx))
	}
	if err := mno.WaitBound(ctx, 1); err != nil {
		return fmt.Errorf("the connector did not bind: %w", err)
	}
	nc, err := nats.Connect(a.embedded.URL(), nats.Name("smpp-connector demo"), nats.Timeout(f.timeout))
	if err != nil {
		return fmt.Errorf("connect to the embedded NATS: %w", err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncMaxPending(demoPending))
	if err != nil {
		return err
	}
	stopListening, err := t.listen(ctx, js)
	if err != nil {
		return fmt.Errorf("listen for receipts: %w", err)
	}
	defer stopListening()
	show := func() {}
	if file, ok := s.err.(*os.File); ok && term.IsTerminal(int(file.Fd())) && !f.json {
		show = func() { t.progress(s.err) }
	}
	t.begin()
	published := make(chan error, 1)
	go func() { published <- publishDemo(ctx, js, t) }()
	every := time.NewTicker(100 * time.Millisecond)
	defer every.Stop()
	for {
		select {
		case err := <-published:
			if err != nil {
				return fmt.Errorf("publish the commands: %w", err)
			}
		case <-t.complete:
			t.settle(ctx) // a second receipt, if there is one, comes soon
			show()
			return nil
		case <-every.C:
			show()
		case <-ctx.Done():
			return nil // the summary says what is missing
		}
	}
}

// demoPending is how many commands may await JetStream's answer.
const demoPending = 1000

// publishDemo publishes as a platform would: asynchronously, with the message's
// id as the stream's.
func publishDemo(ctx context.Context, js jetstream.JetStream, t *tally) error {
	for i := range t.total {
		command := demoCommand(i)
		payload, _, err := contract.Encode(command, false)
		if err != nil {
			return err
		}
		t.published(i)
		if _, err := js.PublishAsync(contract.OperatorSubject(demoOperator), payload, jetstream.WithMsgID(command.MessageId), jetstream.WithStallWait(time.Minute)); err != nil {
			return err
		}
	}
	select {
	case <-js.PublishAsyncComplete():
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
