package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/ghasi/smpp-connector/actors"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/config"
	"github.com/ghasi/smpp-connector/infra/telemetry"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/memory"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// benching is what bench's flags say.
type benching struct {
	addr               string // empty: the simulator, in this process
	systemID, password string
	bind               string
	window, messages   int
	rate               int // PDUs a second; 0: as fast as it goes
	to, from, text     string
	json               bool
	timeout            time.Duration
}

// bench measures a line to an SMSC: how many submits a second the connector's
// session and window get through it, and how long the answers take.
func bench(ctx context.Context, args []string, s streams) int {
	set := flag.NewFlagSet("bench", flag.ContinueOnError)
	set.SetOutput(s.err)
	var in benching
	set.StringVar(&in.addr, "addr", "", "the SMSC, HOST:PORT; without it a simulator in this process")
	set.StringVar(&in.systemID, "system-id", os.Getenv("SMPP_SYSTEM_ID"), "system_id of the bind (SMPP_SYSTEM_ID)")
	set.StringVar(&in.password, "password", "", "its password; better in the environment, SMPP_PASSWORD, where `ps` does not show it")
	set.StringVar(&in.bind, "bind", "trx", "trx or tx: a transceiver or a transmitter")
	set.IntVar(&in.window, "window", 100, "most submits without an answer, 1 to 100000")
	set.IntVar(&in.messages, "messages", 100_000, "how many messages to send, 1 or more")
	set.IntVar(&in.rate, "rate", 0, "submits a second; 0: as fast as it goes")
	set.StringVar(&in.to, "to", "", "recipient of every message; must be given with --addr")
	set.StringVar(&in.from, "from", "", "sender; SMPP_SOURCE_ADDRESS, or 'bench', without it")
	set.StringVar(&in.text, "text", strings.Repeat("0123456789", 10), "the text; a long one goes in parts")
	set.BoolVar(&in.json, "json", false, "print one JSON object in place of the lines")
	set.DurationVar(&in.timeout, "timeout", 10*time.Minute, "give up after so long")
	set.Usage = func() {
		fmt.Fprint(s.err, "Usage: smpp-connector bench [--addr HOST:PORT --to NUMBER] [flags]\n\n"+
			"Sends messages over one bind as fast as the SMSC answers and says the rate, the CPU time\n"+
			"and how long answers take. No receipts are asked for. Every other setting of the line\n"+
			"(TLS, profile, timers) comes from the environment, as serve has it: SMPP_TLS, SMPP_PROFILE …\n\n")
		set.PrintDefaults()
	}
	if err := set.Parse(args); err != nil {
		return flagStatus(err)
	}
	if err := in.complete(set.Args()); err != nil {
		fmt.Fprintln(s.err, "smpp-connector bench:", err)
		return 2
	}
	ctx, stop := untilSignalled(ctx)
	defer stop()
	return in.run(ctx, s)
}

// complete fills in what was left out, and says what is wrong with the flags.
func (in *benching) complete(args []string) error {
	switch {
	case len(args) > 0:
		return fmt.Errorf("%q is not a flag: bench takes flags alone", args[0])
	case in.window < 1 || in.window > 100_000:
		return fmt.Errorf("--window %d: want 1 to 100000", in.window)
	case in.messages < 1:
		return fmt.Errorf("--messages %d: want 1 or more", in.messages)
	case in.rate < 0 || in.rate > 1_000_000:
		return fmt.Errorf("--rate %d: want 1 to 1000000, or 0 for as fast as it goes", in.rate)
	case in.timeout <= 0:
		return fmt.Errorf("--timeout %v: want more than 0, as in 10m", in.timeout)
	case in.bind != "trx" && in.bind != "tx":
		return fmt.Errorf("--bind %q: want trx or tx", in.bind)
	case in.addr != "" && in.to == "":
		return errors.New("--to is missing: name a recipient that the SMSC at --addr may send to; every message goes there")
	}
	if in.addr != "" {
		host, port, err := net.SplitHostPort(in.addr)
		number, wrong := strconv.ParseUint(port, 10, 16)
		if err != nil || wrong != nil || host == "" || number == 0 {
			return fmt.Errorf("--addr %q: want HOST:PORT, as in smpp.example.com:2775", in.addr)
		}
	} else if in.to == "" {
		in.to = "93700000001"
	}
	return nil
}

// run measures, and prints.
func (in *benching) run(ctx context.Context, s streams) int {
	where := in.addr
	if in.addr == "" {
		mno, err := smsc.Listen("127.0.0.1:0", smsc.Compact())
		if err != nil {
			fmt.Fprintln(s.err, "smpp-connector bench: start the simulator:", err)
			return 1
		}
		defer mno.Close()
		in.addr, where = mno.Addr(), "the simulator in this process"
	}
	r, err := in.drive(ctx, nil)
	if r != nil && r.answers > 0 {
		r.SMSC = where
		if err := r.print(s.out, in.json); err != nil {
			fmt.Fprintln(s.err, "smpp-connector bench:", err)
			return 1
		}
	}
	var wrong wrongSetting
	switch {
	case errors.As(err, &wrong):
		complain(s, wrong.error)
		return 2
	case err != nil:
		fmt.Fprintln(s.err, "smpp-connector bench:", err)
		return 1
	case r.Accepted < r.Messages:
		return 1
	}
	return 0
}

// wrongSetting is a complaint about flags or the environment.
type wrongSetting struct{ error }

// drive sends the messages and returns what became of them; nil when nothing was
// sent. begin is called when the bind is BOUND, and what it returns when the last
// message is settled; nil: nobody measures beside us.
func (in *benching) drive(ctx context.Context, begin func() (end func())) (*benchResult, error) {
	account, cfg, err := in.account()
	if err != nil {
		return nil, wrongSetting{err}
	}
	metrics, err := telemetry.New(telemetry.Options{LogWriter: io.Discard})
	if err != nil {
		return nil, err
	}
	defer metrics.Shutdown(context.WithoutCancel(ctx))
	none := uint32(0)
	command := &contract.SmsDispatchCommand{MessageId: "bench", To: in.to, From: in.from, Text: in.text, RegisteredDelivery: &none}
	r := &benchResult{Window: in.window, Rate: in.rate, Messages: in.messages, statuses: map[string]int{}}
	ctx, cancel := context.WithTimeoutCause(ctx, in.timeout, fmt.Errorf("not done after %v (--timeout)", in.timeout))
	defer cancel()
	var end func()
	ports := memory.New()
	driven, err := actors.Drive(ctx, actors.Driving{Account: account, Commands: []*contract.SmsDispatchCommand{command}, Messages: in.messages,
		Counters: ports.Counters, Concat: ports.Concat, Listener: event.Listeners{metrics, r}, MaxPDU: cfg.MaxPDU, Recorder: cfg.Recorder.Octets, Block: cfg.Sequence.Block,
		Bound: func() {
			r.cpu = -cpuTime()
			if begin != nil {
				end = begin()
			}
		},
		Settled: func() {
			r.cpu += cpuTime()
			if end != nil {
				end()
			}
		}}, slog.New(slog.DiscardHandler))
	if r.cpu < 0 { // interrupted
		r.cpu += cpuTime()
	}
	r.take(driven)
	return r, err
}

// account is the line's: the flags, and for all else the environment.
func (in *benching) account() (*actors.Account, *config.Config, error) {
	var env []string
	for _, v := range os.Environ() {
		if strings.HasPrefix(v, "SMPP_") || strings.HasPrefix(v, "RECORDER_OCTETS=") {
			env = append(env, v)
		}
	}
	host, port, err := net.SplitHostPort(in.addr)
	if err != nil {
		return nil, nil, err
	}
	limit := "none"
	if in.rate > 0 {
		limit = strconv.Itoa(in.rate)
	}
	env = append(env, "OPERATOR_IDS=bench", "SMPP_HOST="+host, "SMPP_PORT="+port, "SMPP_BIND_MODE="+in.bind, "SMPP_WINDOW="+strconv.Itoa(in.window), "SMPP_TPS_LIMIT="+limit)
	for name, value := range map[string]string{"SMPP_SYSTEM_ID": in.systemID, "SMPP_PASSWORD": in.password, "SMPP_SOURCE_ADDRESS": in.from} {
		if value != "" {
			env = append(env, name+"="+value)
		}
	}
	for name, value := range map[string]string{"SMPP_SYSTEM_ID": "bench", "SMPP_PASSWORD": "bench", "SMPP_SOURCE_ADDRESS": "bench"} {
		env = append([]string{name + "=" + value}, env...) // where neither says anything
	}
	cfg, err := config.Load("", env)
	if err != nil {
		return nil, nil, err
	}
	op, _ := cfg.Operator("bench")
	finder := &accounts{}
	account, err := finder.account(cfg, op)
	if err != nil {
		return nil, nil, err
	}
	account.Binds = numbered(cfg, op, account.MNO)
	return account, cfg, nil
}
