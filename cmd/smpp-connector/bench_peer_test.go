package main

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"testing"

	"github.com/ghasi/smpp-connector/codec"
)

// fastPeer is an SMSC that costs next to nothing, so that a benchmark measures the
// ESME: it answers whatever one read brought in one write, and keeps nothing.
func fastPeer(tb testing.TB) (addr string) {
	tb.Helper()
	return listenFor(tb, answerAll)
}

// listenFor serves each connection on a goroutine of its own, for the length of the test.
func listenFor(tb testing.TB, serve func(net.Conn)) (addr string) {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go serve(conn)
		}
	}()
	return listener.Addr().String()
}

func answerAll(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 64<<10)
	var out []byte
	id := []byte("00000000\x00") // a new one for every message, as it goes out
	for {
		head, err := in.Peek(codec.HeaderLen)
		if err != nil {
			return
		}
		length, command := binary.BigEndian.Uint32(head), binary.BigEndian.Uint32(head[4:])
		if codec.CommandID(command) == codec.SubmitSMID {
			out = binary.BigEndian.AppendUint32(out, uint32(codec.HeaderLen+len(id)))
			out = binary.BigEndian.AppendUint32(out, command|0x80000000)
			out = append(append(out, 0, 0, 0, 0), head[12:16]...)
			out = append(out, id...)
			next(id[:8])
		} else if command&0x80000000 == 0 {
			out = binary.BigEndian.AppendUint32(out, codec.HeaderLen+1)
			out = binary.BigEndian.AppendUint32(out, command|0x80000000)
			out = append(append(out, 0, 0, 0, 0), head[12:16]...)
			out = append(out, 0)
		}
		if _, err := in.Discard(int(length)); err != nil {
			return
		}
		if in.Buffered() < codec.HeaderLen {
			if _, err := conn.Write(out); err != nil {
				return
			}
			out = out[:0]
		}
	}
}

// next adds one to decimal digits.
func next(digits []byte) {
	for i := len(digits) - 1; i >= 0; i-- {
		if digits[i]++; digits[i] <= '9' {
			return
		}
		digits[i] = '0'
	}
}

// rawClient sends one ready submit_sm again and again, as no client can do faster
// that keeps a window: it counts answers and looks at nothing in them. With batched
// it sends all that the window allows in one write, else one PDU a write.
func rawClient(tb testing.TB, addr string, window, messages int, batched bool) {
	tb.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		tb.Fatal(err)
	}
	defer conn.Close()
	pdu := codec.Append(nil, readySubmit)
	ready := make([]byte, 0, window*len(pdu))
	for range window {
		ready = append(ready, pdu...)
	}
	answered := make(chan int, window)
	failed := make(chan error, 1)
	go func() { failed <- countAnswers(conn, messages, answered) }()
	for sent, free := 0, window; sent < messages; {
		n := min(free, messages-sent)
		if batched {
			_, err = conn.Write(ready[:n*len(pdu)])
		} else {
			for range n {
				if _, err = conn.Write(pdu); err != nil {
					break
				}
			}
		}
		if err != nil {
			tb.Fatal(err)
		}
		sent, free = sent+n, free-n
		for free == 0 || len(answered) > 0 {
			free += <-answered
		}
	}
	if err := <-failed; err != nil {
		tb.Fatal(err)
	}
}

// countAnswers tells how many frames each read has completed, up to messages.
func countAnswers(conn net.Conn, messages int, answered chan<- int) error {
	framer := codec.NewFramer(conn, 0)
	for messages > 0 {
		n := 0
		for n == 0 || framer.Ready() {
			if _, err := framer.Next(); err != nil {
				if err == io.EOF {
					err = io.ErrUnexpectedEOF
				}
				return err
			}
			n++
		}
		messages -= n
		answered <- n
	}
	return nil
}

// readySubmit has a text of 100 septets, as the other benchmarks.
var readySubmit = &codec.SubmitSM{Header: codec.Header{Sequence: 1}, SourceAddrTON: 5, SourceAddr: "Ghasi", DestAddrTON: 1, DestAddrNPI: 1,
	DestinationAddr: "93700000001", RegisteredDelivery: codec.ReceiptNone, ShortMessage: []byte(hundred)}
