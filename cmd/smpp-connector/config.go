package main

import (
	"context"
	"flag"
	"fmt"

	"github.com/ghasi/smpp-connector/config"
)

// configure checks or prints the configuration; secrets are masked.
func configure(_ context.Context, args []string, s streams) int {
	if len(args) == 0 || (args[0] != "check" && args[0] != "print") {
		fmt.Fprintln(s.err, "Usage: smpp-connector config check|print [--config FILE] [flags of serve]")
		return 2
	}
	set := flag.NewFlagSet("config "+args[0], flag.ContinueOnError)
	set.SetOutput(s.err)
	var flags settingFlags
	flags.add(set)
	if err := set.Parse(args[1:]); err != nil {
		return flagStatus(err)
	}
	cfg, err := config.Load(flags.file, nil, flags.settings...)
	if err != nil {
		complain(s, err)
		return 2
	}
	if args[0] == "print" {
		if err := cfg.Print(s.out); err != nil {
			fmt.Fprintln(s.err, "smpp-connector config:", err)
			return 1
		}
		return 0
	}
	fmt.Fprintf(s.out, "The configuration is good: %d operators.\n", len(cfg.Operators))
	return 0
}
