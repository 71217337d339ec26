package stack

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"testing"
)

// A server that a test starts late, or stops and starts again, must find its port free
// then. A port that the kernel gave us is the kernel's to give to the next who asks, for
// a listener or for the near end of any connection; a test in ten thousand met that, and
// one that dials a port on which nothing listens may even meet itself there. So the ports
// are of below the kernel's own range, and whoever has taken one has said so.

// lowestPort is above the ports of well-known servers; usualRange is where Linux begins
// to give ports out by itself.
const (
	lowestPort = 12_000
	usualRange = 32_768
)

// freePort returns a loopback port that nothing listens on and that nobody else gets
// until the test has ended: neither from the kernel nor, in whatever process, from here.
func freePort(tb testing.TB) int {
	tb.Helper()
	ports := kernelsFrom() - lowestPort
	if ports < 1000 { // the kernel leaves too few: we are given one like everybody
		port, _, err := claimPort(0)
		if err != nil {
			tb.Fatalf("find a free loopback port: %v", err)
		}
		return port
	}
	var err error
	for range 1000 {
		var port int
		var claim net.PacketConn
		if port, claim, err = claimPort(lowestPort + rand.IntN(ports)); err == nil {
			tb.Cleanup(func() { _ = claim.Close() })
			return port
		}
	}
	tb.Fatalf("of a thousand loopback ports below %d none is free: %v", kernelsFrom(), err)
	return 0
}

// claimPort finds out that nothing listens on a port, and claims it. The claim is a UDP
// socket of the same number, which is in no server's way and goes with the process.
func claimPort(number int) (port int, claim net.PacketConn, err error) {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(number)))
	if err != nil {
		return 0, nil, err
	}
	defer l.Close()
	port = l.Addr().(*net.TCPAddr).Port
	if number == 0 {
		return port, nil, nil
	}
	claim, err = net.ListenPacket("udp", l.Addr().String())
	return port, claim, err
}

// kernelsFrom is the first port that the kernel gives out by itself.
func kernelsFrom() int {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return usualRange
	}
	var from, to int
	if n, _ := fmt.Sscan(string(text), &from, &to); n != 2 {
		return usualRange
	}
	return from
}
