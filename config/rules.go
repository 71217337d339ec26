package config

import (
	"encoding/base64"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ghasi/smpp-connector/codec/receipt"
)

// The functions of this file are the rules of texts: each answers with nothing, or
// with what is wanted instead.

func required(what string) func(string) string {
	return func(s string) string {
		if s == "" {
			return what
		}
		return ""
	}
}

// atMost bounds a text that becomes a C-octet string of an SMPP PDU.
func atMost(octets int) func(string) string {
	return func(s string) string {
		if len(s) > octets || strings.ContainsRune(s, 0) {
			return fmt.Sprintf("at most %d octets, without NUL", octets)
		}
		return ""
	}
}

// isToken reports whether s can be part of a NATS subject and a consumer's name.
func isToken(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		return !('0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r == '-' || r == '_')
	})
}

const wantToken = "1 to 64 letters, digits, '-' or '_'"

func isAddress(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

const wantAddress = "addresses as in 203.0.113.7"

func tokenOrNothing(s string) string {
	if s != "" && !isToken(s) {
		return wantToken
	}
	return ""
}

func listenAddress(s string) string {
	const want = "an address to listen on, as in 127.0.0.1:4222 or :8080"
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return want
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n > 65535 {
		return want
	}
	return ""
}

// listenOrNothing is listenAddress for a listener that need not be.
func listenOrNothing(s string) string {
	if s == "" {
		return ""
	}
	return listenAddress(s)
}

func ipOrNothing(s string) string {
	if ip, err := netip.ParseAddr(s); s != "" && (err != nil || ip.IsMulticast()) {
		return "an IP address of this machine, as in 192.0.2.7 or 2001:db8::7, or nothing"
	}
	return ""
}

func zoneOrNothing(s string) string {
	if s == "" {
		return ""
	}
	if _, err := time.LoadLocation(s); err != nil || s == "Local" {
		return "a time zone by its IANA name, as in Asia/Kabul or UTC, or nothing"
	}
	return ""
}

// urlOf demands one of the schemes, or nothing at all; a comma parts several.
func urlOf(example string, schemes ...string) func(string) string {
	return func(s string) string {
		if s == "" {
			return ""
		}
		for part := range strings.SplitSeq(s, ",") {
			u, err := url.Parse(strings.TrimSpace(part))
			if err != nil || u.Host == "" || !slices.Contains(schemes, u.Scheme) {
				return "an address as in " + example
			}
		}
		return ""
	}
}

// postgresAddress takes what pgx takes: a URL, whose host may stand in the query
// (a socket's folder), or keywords.
func postgresAddress(s string) string {
	u, err := url.Parse(s)
	switch {
	case s == "", !strings.Contains(s, "://") && strings.Contains(s, "="):
		return ""
	case err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Host == "" && !u.Query().Has("host"):
		return "an address as in postgres://user:password@host:5432/database"
	}
	return ""
}

func tokenRequired(s string) string {
	if !isToken(s) {
		return wantToken
	}
	return ""
}

func idRule(s string) string {
	if _, err := receipt.ParseIDRule(s); err != nil {
		return "as-is, hex-to-dec, dec-to-hex, strip-zeros, upper, lower, or several joined by '+'"
	}
	return ""
}

const wantPin = "base64 of 32 octets, the SHA-256 of a public key"

func isPin(s string) bool {
	octets, err := base64.StdEncoding.DecodeString(s)
	return err == nil && len(octets) == 32
}
