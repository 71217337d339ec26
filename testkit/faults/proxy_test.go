package faults_test

import (
	"bufio"
	"net"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/testkit/faults"
)

// A cut is silent, what was written meanwhile comes when it is over, and Drop ends
// what there is.
func TestProxyCutsHealsAndDrops(t *testing.T) {
	echo, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer echo.Close()
	go func() {
		for {
			c, err := echo.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for in := bufio.NewScanner(c); in.Scan(); {
					_, _ = c.Write(append(in.Bytes(), '\n'))
				}
			}()
		}
	}()
	p := faults.Listen(t, echo.Addr().String())
	c, err := net.Dial("tcp", p.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	in := bufio.NewReader(c)
	say := func(word string, within time.Duration) (string, error) {
		_, _ = c.Write([]byte(word + "\n"))
		_ = c.SetReadDeadline(time.Now().Add(within))
		return in.ReadString('\n')
	}
	if answer, err := say("one", 30*time.Second); answer != "one\n" {
		t.Fatalf("%q, %v", answer, err)
	}
	p.Cut()
	if answer, err := say("two", 200*time.Millisecond); err == nil {
		t.Errorf("%q came through a cut", answer)
	}
	p.Heal()
	_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
	if answer, err := in.ReadString('\n'); answer != "two\n" {
		t.Errorf("%q, %v after the cut", answer, err)
	}
	p.Drop()
	if answer, err := say("three", 30*time.Second); err == nil {
		t.Errorf("%q over a dropped connection", answer)
	}
}
