package natsjs

import (
	"fmt"
	"strings"
)

const hexDigits = "0123456789ABCDEF"

// appendToken writes any octets as one token of a NATS subject and of a bucket's
// key. Letters, digits, '-' and '_' stay as they are, any other octet becomes =XX,
// and nothing at all becomes "=". So a UUID and most MNOs' ids can be read in
// `nats kv ls` and take no more room than they have (base32 makes 8 octets of 5,
// and the server keeps every key in memory).
func appendToken(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, '=')
	}
	for i := range len(s) {
		if c := s[i]; plain(c) {
			dst = append(dst, c)
		} else {
			dst = append(dst, '=', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return dst
}

func plain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}

// readToken is the reverse of appendToken.
func readToken(token string) (string, error) {
	if token == "=" || strings.IndexByte(token, '=') < 0 {
		return strings.TrimSuffix(token, "="), nil
	}
	b := make([]byte, 0, len(token))
	for i := 0; i < len(token); i++ {
		if token[i] != '=' {
			b = append(b, token[i])
			continue
		}
		if i+2 >= len(token) {
			return "", fmt.Errorf("token %q: it ends within an escape", token)
		}
		high, low := strings.IndexByte(hexDigits, token[i+1]), strings.IndexByte(hexDigits, token[i+2])
		if high < 0 || low < 0 {
			return "", fmt.Errorf("token %q: want two of %s after '='", token, hexDigits)
		}
		b = append(b, byte(high<<4|low))
		i += 2
	}
	return string(b), nil
}

// key joins a first word and tokens with dots.
func key(word string, tokens ...string) string {
	b := append(make([]byte, 0, 96), word...)
	for _, token := range tokens {
		if len(b) > 0 {
			b = append(b, '.')
		}
		b = appendToken(b, token)
	}
	return string(b)
}

// splitKey reads n tokens, as key wrote them without a first word.
func splitKey(k string, n int) ([]string, error) {
	tokens := strings.Split(k, ".")
	if len(tokens) != n {
		return nil, fmt.Errorf("key %q has %d tokens, want %d", k, len(tokens), n)
	}
	for i, token := range tokens {
		var err error
		if tokens[i], err = readToken(token); err != nil {
			return nil, fmt.Errorf("key %q: %w", k, err)
		}
	}
	return tokens, nil
}
