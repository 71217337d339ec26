// Package contract holds every adapter of a port to one suite: the KV stores of
// infra/natsjs, and Postgres and Redis beside them. What the doc comments in
// actors/port promise, a suite here asks for; what an actor relies on and no
// suite asks for is a bug of this package.
//
//	func TestCorrelationStore(t *testing.T) {
//		contract.CorrelationStore(t, func(t *testing.T) port.CorrelationStore { … })
//	}
//
// open is called once for each test and returns a store on a real server. Tests
// use ids of their own, so a store may hold what earlier tests wrote.
package contract

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"strings"
	"testing"
	"time"
)

// callTimeout bounds every call of the suites: an adapter that blocks fails, it does not hang.
const callTimeout = time.Minute

// within returns a context that ends with the test or after callTimeout.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), callTimeout)
	t.Cleanup(cancel)
	return ctx
}

// unique returns a name that no other test has: an account of its own.
func unique(t *testing.T) string {
	t.Helper()
	var b [6]byte
	if _, err := rand.Read(b[:]); err != nil {
		t.Fatalf("draw a name: %v", err)
	}
	return "op-" + hex.EncodeToString(b[:])
}

// oddIDs are ids that MNOs do send, or could: SMPP 3.4 §4.4.2 allows any octets
// in message_id, at most 65 with the final NUL, and more are met.
func oddIDs() []string {
	return []string{
		"1",
		"with space",
		" leading and trailing ",
		"a:b:c",
		"a.b.c", "..", ".", "a.", ".a",
		"*", ">", "a.*", "a.>",
		"$JS.API.INFO",
		"per%cent_under-dash/slash=equals",
		"=2E", "=", "==",
		"quote'\"; DROP TABLE x; --",
		"back\\slash",
		"{braces}",
		"upper", "UPPER", "Upper", // case decides
		"0042", "42", // so do leading zeros
		"پیام-۱۲۳",
		"\x80\xff\xfe not UTF-8",
		"tab\tand\nnewline",
		strings.Repeat("7", 64),
		strings.Repeat("f.", 32) + "x", // 65 octets
		strings.Repeat("\xff", 65),
		strings.Repeat("\xff", 255), // the longest that codec reads
	}
}
