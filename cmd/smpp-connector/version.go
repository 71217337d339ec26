package main

import (
	"context"
	"fmt"
	"runtime/debug"
)

// buildVersion and buildCommit are set by the Makefile; a plain go build says what
// it was made from.
var buildVersion, buildCommit string

func version() string {
	if buildVersion != "" {
		return buildVersion
	}
	if commit := commit(); len(commit) >= 12 {
		return "devel-" + commit[:12]
	}
	return "devel"
}

// commit is what the program was built from, or nothing.
func commit() string {
	if buildCommit != "" {
		return buildCommit
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}

func printVersion(_ context.Context, _ []string, s streams) int {
	fmt.Fprintln(s.out, "smpp-connector", version())
	if commit := commit(); commit != "" {
		fmt.Fprintln(s.out, "commit", commit)
	}
	return 0
}
