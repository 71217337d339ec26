package config

import (
	"log/slog"
	"net/url"
	"strings"
)

// mask is what is shown of a secret, whatever its length.
const mask = "******"

// Secret is a string that no print, log or JSON shows.
type Secret string

// Reveal returns the secret itself, for the one place that needs it.
func (s Secret) Reveal() string { return string(s) }

// String implements fmt.Stringer with a mask; an empty secret is shown as such.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return mask
}

// GoString covers %#v.
func (s Secret) GoString() string { return `config.Secret("` + s.String() + `")` }

// LogValue covers log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText covers encoding/json and the like.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// URL is an address that may hold a password, which no print, log or JSON shows.
type URL string

// Reveal returns the address with its password, for the driver that dials it.
func (u URL) Reveal() string { return string(u) }

// String shows each address of a comma-separated list with its user info
// masked: NATS takes a token in the place of the user. A text that is no URL (a
// Postgres keyword string) is masked whole.
func (u URL) String() string {
	if u == "" {
		return ""
	}
	var shown []string
	for part := range strings.SplitSeq(string(u), ",") {
		parsed, err := url.Parse(strings.TrimSpace(part))
		if err != nil || parsed.Host == "" {
			return mask
		}
		if parsed.User != nil {
			parsed.User = url.User("MASKED")
		}
		if parsed.RawQuery != "" {
			parsed.RawQuery = "MASKED" // libpq and rueidis take passwords there
		}
		shown = append(shown, strings.ReplaceAll(parsed.String(), "MASKED", mask))
	}
	return strings.Join(shown, ",")
}

// GoString covers %#v.
func (u URL) GoString() string { return `config.URL("` + u.String() + `")` }

// LogValue covers log/slog.
func (u URL) LogValue() slog.Value { return slog.StringValue(u.String()) }

// MarshalText covers encoding/json and the like.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }
