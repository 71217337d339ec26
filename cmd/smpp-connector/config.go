package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/ghasi/smpp-connector/config"
)

// configure checks, prints or compares the configuration; secrets are masked.
func configure(ctx context.Context, args []string, s streams) int {
	if len(args) == 0 || (args[0] != "check" && args[0] != "print" && args[0] != "diff") {
		fmt.Fprintln(s.err, "Usage: smpp-connector config check|print|diff [--config FILE] [flags of serve]")
		return usageStatus(args)
	}
	set := flag.NewFlagSet("config "+args[0], flag.ContinueOnError)
	set.SetOutput(s.err)
	var flags settingFlags
	flags.add(set)
	against := ""
	if args[0] == "diff" {
		set.StringVar(&against, "against", "", "`FILE or URL` of the configuration in force, as config print writes it; - is standard input; default http://{debugAddr}/debug/config")
	}
	if err := set.Parse(args[1:]); err != nil {
		return flagStatus(err)
	}
	cfg, err := config.Load(flags.file, nil, flags.settings...)
	if err != nil {
		complain(s, err)
		return 2
	}
	switch args[0] {
	case "print":
		if err := cfg.Print(s.out); err != nil {
			fmt.Fprintln(s.err, "smpp-connector config:", err)
			return 1
		}
	case "diff":
		return diff(ctx, cfg, against, s)
	default:
		fmt.Fprintf(s.out, "The configuration is good: %d operators.\n", len(cfg.Operators))
	}
	return 0
}

// diff says what a reload would change in the process whose configuration stands
// at against. Like diff(1) it returns 0 for nothing, 1 for something, 2 for an error.
// The flags must be those of that process's serve: it keeps them.
func diff(ctx context.Context, cfg *config.Config, against string, s streams) int {
	printed, err := inForce(ctx, cfg, against, s.in)
	var changes []config.Change
	if err == nil {
		changes, err = cfg.ChangesFrom(bytes.NewReader(printed))
	}
	if err != nil {
		fmt.Fprintln(s.err, "smpp-connector config diff:", err)
		return 2
	}
	var b strings.Builder
	for _, change := range changes {
		fmt.Fprintln(&b, change)
	}
	if len(changes) == 0 {
		fmt.Fprintln(&b, "Nothing differs.")
	}
	fmt.Fprintln(&b, "Secrets are not compared: what is in force is known with its secrets masked.")
	if _, err := io.WriteString(s.out, b.String()); err != nil {
		fmt.Fprintln(s.err, "smpp-connector config diff:", err)
		return 2
	}
	return min(len(changes), 1)
}

// debugPage is where a process on this machine shows a page of /debug. An address
// that means every interface is reached over loopback, the only one that answers.
func debugPage(address, name string) string {
	host, port, _ := net.SplitHostPort(address)
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port) + "/debug/" + name
}

// Bounds on fetching a configuration: ten thousand operators print 30 MB.
const (
	diffPatience = 10 * time.Second
	longestPrint = 64 << 20
)

// inForce reads a printed configuration from a file, a URL or standard input; from
// the process on this machine, to which cfg's token is shown, when from is empty.
func inForce(ctx context.Context, cfg *config.Config, from string, in io.Reader) ([]byte, error) {
	switch from {
	case "-":
		return io.ReadAll(in)
	case "":
		ctx, cancel := context.WithTimeout(ctx, diffPatience)
		defer cancel()
		here := debugFlags{address: cfg.DebugAddr, secret: cfg.DebugToken.Reveal()}
		return here.ask(ctx, http.MethodGet, "config")
	}
	if !strings.HasPrefix(from, "http://") && !strings.HasPrefix(from, "https://") {
		return os.ReadFile(from)
	}
	ctx, cancel := context.WithTimeout(ctx, diffPatience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s: want 200 and what `config print` writes", request.URL.Redacted(), response.Status)
	}
	octets, err := io.ReadAll(io.LimitReader(response.Body, longestPrint+1))
	if len(octets) > longestPrint {
		return nil, fmt.Errorf("%s answers with more than %d octets", request.URL.Redacted(), longestPrint)
	}
	return octets, err
}
