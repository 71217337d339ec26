package config

import (
	"net"
	"net/netip"
	"os"
	"strings"
	"unicode"
)

// hardToGuess is the rule of a token that somebody could try out over the network.
func hardToGuess(s string) string {
	if s != "" && (len(s) < 16 || len(s) > 512 || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })) {
		return "16 to 512 characters without blanks, as `openssl rand -hex 16` makes them"
	}
	return ""
}

// readDebugToken takes the token from its file.
func (c *Config) readDebugToken() (complaints []error) {
	if c.DebugTokenFile == "" {
		return nil
	}
	complaint := &Complaint{Path: "debugTokenFile", Env: "DEBUG_TOKEN_FILE", Shape: shapeOf(c.DebugTokenFile, false)}
	octets, err := os.ReadFile(c.DebugTokenFile)
	switch {
	case c.DebugToken != "":
		complaint.Want = "either DEBUG_TOKEN or DEBUG_TOKEN_FILE, not both"
	case err != nil:
		complaint.Want = "a file that can be read (" + reason(err) + ")"
	case strings.TrimSpace(string(octets)) == "":
		complaint.Want = "a file with a token in it"
	default:
		c.DebugToken = Secret(strings.TrimSpace(string(octets)))
		return nil
	}
	return []error{complaint}
}

// checkDebug: beyond this machine nobody looks without a token.
func (c *Config) checkDebug() []error {
	host, _, err := net.SplitHostPort(c.DebugAddr)
	if err != nil || c.DebugToken != "" || c.DebugTokenFile != "" { // told elsewhere
		return nil
	}
	if ip, err := netip.ParseAddr(host); host == "localhost" || err == nil && ip.IsLoopback() {
		return nil
	}
	return []error{&Complaint{Path: "debugAddr", Env: "DEBUG_ADDR", Shape: shapeOf(c.DebugAddr, false),
		Want: "an address of loopback, as in 127.0.0.1:8081, or a token: DEBUG_TOKEN or DEBUG_TOKEN_FILE"}}
}
