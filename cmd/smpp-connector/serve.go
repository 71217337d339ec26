package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"github.com/ghasi/smpp-connector/config"
	"github.com/ghasi/smpp-connector/infra/embedded"
)

// settingFlags are the flags that stand for a setting of the configuration.
type settingFlags struct {
	file     string
	settings []config.Setting
}

// add registers --config and the flags that every command with a configuration has.
func (f *settingFlags) add(set *flag.FlagSet) {
	set.StringVar(&f.file, "config", "", "configuration file (YAML)")
	for _, s := range []struct{ name, path, usage string }{
		{"data", "dataDir", "folder of the embedded NATS server"},
		{"nats-listen", "nats.listen", "address of the embedded NATS server; the next free port if taken"},
		{"http", "httpAddr", "address of /health, /ready and /metrics"},
		{"debug", "debugAddr", "address of /debug"},
	} {
		set.Func(s.name, s.usage+" (setting `"+s.path+"`)", func(v string) error {
			f.settings = append(f.settings, config.Setting{Path: s.path, Value: v})
			return nil
		})
	}
}

// serve runs the connector until SIGTERM. SIGHUP reloads the configuration.
func serve(ctx context.Context, args []string, s streams) int {
	set := flag.NewFlagSet("serve", flag.ContinueOnError)
	set.SetOutput(s.err)
	var flags settingFlags
	flags.add(set)
	if err := set.Parse(args); err != nil {
		return flagStatus(err)
	}
	signals, deaf := hangups()
	defer deaf()
	cfg, err := config.Load(flags.file, nil, flags.settings...)
	if err != nil {
		complain(s, err)
		return 2
	}
	ctx, stop := untilSignalled(ctx)
	defer stop()
	a, err := newApp(ctx, cfg, appOptions{log: s.err})
	if err == nil {
		a.reloadAt(ctx, signals)
		err = a.Run(ctx)
	}
	if err != nil {
		fmt.Fprintln(s.err, "smpp-connector serve:", err)
		var inUse *embedded.DirInUse
		if errors.As(err, &inUse) {
			return 2
		}
		return 1
	}
	return 0
}

// flagStatus is the exit status after flags that could not be read: 0 for --help.
func flagStatus(err error) int {
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	return 2
}

// complain prints every complaint about the configuration, a line each.
func complain(s streams, err error) {
	fmt.Fprintln(s.err, "The configuration cannot be used:")
	var all interface{ Unwrap() []error }
	if !errors.As(err, &all) {
		fmt.Fprintln(s.err, " -", err)
		return
	}
	for _, e := range all.Unwrap() {
		fmt.Fprintln(s.err, " -", e)
	}
}
