package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
)

// debugFlags say where the debug listener of a running connector is, to the
// commands that ask it: tree, drain, config diff.
type debugFlags struct {
	address, tokenFile string
	secret             string // the token itself, where it is known
}

func (d *debugFlags) add(set *flag.FlagSet) {
	d.address = os.Getenv("DEBUG_ADDR")
	if d.address == "" {
		d.address = "127.0.0.1:8081"
	}
	set.StringVar(&d.address, "debug", d.address, "address of /debug of the process (DEBUG_ADDR)")
	set.StringVar(&d.tokenFile, "debug-token-file", os.Getenv("DEBUG_TOKEN_FILE"), "file with the debug token (DEBUG_TOKEN_FILE), where the process asks for one; or DEBUG_TOKEN")
}

// token is the debug token, empty when none is known.
func (d *debugFlags) token() (string, error) {
	if d.secret != "" {
		return d.secret, nil
	}
	if d.tokenFile == "" {
		return os.Getenv("DEBUG_TOKEN"), nil
	}
	octets, err := os.ReadFile(d.tokenFile)
	if err != nil {
		return "", fmt.Errorf("--debug-token-file: %w", err)
	}
	return strings.TrimSpace(string(octets)), nil
}

// longestDebugAnswer bounds what is read: ten thousand binds are 20 MB.
const longestDebugAnswer = 64 << 20

// ask sends one request for a page below /debug/ and returns its body.
func (d *debugFlags) ask(ctx context.Context, method, page string) ([]byte, error) {
	token, err := d.token()
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, debugPage(d.address, page), nil)
	if err != nil {
		return nil, fmt.Errorf("--debug %q: want host:port: %w", d.address, err)
	}
	request.Header.Set("Accept", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return nil, fmt.Errorf("nothing answers at %s: does the connector run here? which address: --debug or DEBUG_ADDR: %w", d.address, syscall.ECONNREFUSED)
	} else if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
		return io.ReadAll(io.LimitReader(response.Body, longestDebugAnswer))
	case http.StatusUnauthorized:
		return nil, fmt.Errorf("%s asks for the debug token: --debug-token-file or DEBUG_TOKEN", d.address)
	}
	return nil, fmt.Errorf("%s answers %s: want 200", request.URL.Redacted(), response.Status)
}
