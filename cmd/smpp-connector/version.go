package main

import (
	"context"
	"fmt"
	"runtime/debug"
)

// buildVersion is set by the Makefile; a plain go build says what it was made from.
var buildVersion string

func version() string {
	if buildVersion != "" {
		return buildVersion
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "devel-" + s.Value[:12]
		}
	}
	return "devel"
}

func printVersion(_ context.Context, _ []string, s streams) int {
	fmt.Fprintln(s.out, "smpp-connector", version())
	return 0
}
