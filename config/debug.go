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
func (c *Config) readDebugToken() []error {
	switch {
	case c.DebugTokenFile == "":
		return nil
	case c.DebugToken != "":
		return []error{debugTokenComplaint(c.DebugTokenFile, "either DEBUG_TOKEN or DEBUG_TOKEN_FILE, not both")}
	}
	token, err := ReadDebugToken(c.DebugTokenFile)
	if err != nil {
		return []error{err}
	}
	c.DebugToken = token
	return nil
}

// ReadDebugToken returns the token that a file has now, without the blanks around it. The
// error is a *Complaint: the file cannot be read, is empty, or its token is easy to guess.
func ReadDebugToken(file string) (Secret, error) {
	octets, err := os.ReadFile(file)
	token := strings.TrimSpace(string(octets))
	switch want := hardToGuess(token); {
	case err != nil:
		return "", debugTokenComplaint(file, "a file that can be read ("+reason(err)+")")
	case token == "":
		return "", debugTokenComplaint(file, "a file with a token in it")
	case want != "":
		return "", debugTokenComplaint(file, "a file with a token of "+want)
	}
	return Secret(token), nil
}

func debugTokenComplaint(file, want string) *Complaint {
	return &Complaint{Path: "debugTokenFile", Env: "DEBUG_TOKEN_FILE", Shape: shapeOf(file, false), Want: want}
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
