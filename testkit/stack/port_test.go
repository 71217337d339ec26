package stack

import (
	"net"
	"strconv"
	"testing"
)

// What was handed out can be listened on, is none of the kernel's own, and is not handed
// out again while its test runs, though nothing listens there.
func TestAFreePortIsItsTestsOwn(t *testing.T) {
	if kernelsFrom() < lowestPort+1000 {
		t.Skipf("the kernel gives out ports from %d on: ours are of them", kernelsFrom())
	}
	for range 50 {
		addr := FreeAddr(t)
		_, text, _ := net.SplitHostPort(addr)
		port, err := strconv.Atoi(text)
		if err != nil || port >= kernelsFrom() || port < lowestPort {
			t.Errorf("%s is not in %d…%d: %v", addr, lowestPort, kernelsFrom()-1, err)
		}
		if _, _, err := claimPort(port); err == nil {
			t.Errorf("%s was claimed twice", addr)
		}
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
	}
}
