package line

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// call connects as an MNO does and sends octets.
func call(t *testing.T, o *Outbind, octets []byte) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", o.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := conn.Write(octets); err != nil {
		t.Fatal(err)
	}
	return conn
}

func outbind(systemID, password string) []byte {
	return codec.Append(nil, &codec.Outbind{Header: codec.Header{Sequence: 1}, SystemID: systemID, Password: password})
}

// SMPP 3.4 §2.2.1: the MNO calls, says outbind, and the line is ours to bind on,
// with everything that it sent behind the outbind.
func TestAnMNOThatCallsIsBoundTo(t *testing.T) {
	o, err := ListenOutbind("127.0.0.1:0", "mno", "hunter2")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	call(t, o, append(outbind("mno", "hunter2"), "rest"...))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	conn, err := o.Dial(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	rest := make([]byte, 4)
	if _, err := io.ReadFull(conn, rest); err != nil || string(rest) != "rest" {
		t.Errorf("%q, %v", rest, err)
	}
}

// Whoever says anything else is hung up on, and nobody waits for it.
func TestOtherCallersAreHungUpOn(t *testing.T) {
	o, err := ListenOutbind("127.0.0.1:0", "mno", "hunter2")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	for name, octets := range map[string][]byte{
		"another password": outbind("mno", "guess"),
		"another system":   outbind("other", "hunter2"),
		"another PDU":      codec.Append(nil, &codec.EnquireLink{Header: codec.Header{Sequence: 1}}),
		"no PDU":           []byte("GET / HTTP/1.1\r\n\r\n"),
		"a long one":       {0x7F, 0xFF, 0xFF, 0xFF},
		"a short one":      {0, 0, 0, 4},
	} {
		conn := call(t, o, octets)
		_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
		if n, err := conn.Read(make([]byte, 1)); n != 0 || err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: read %d, %v", name, n, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := o.Dial(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
