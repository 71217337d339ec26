package main

import (
	"bytes"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/testkit/smsc"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// What an idle bind may cost (issue 4, Speed and memory).
const (
	mostIdleKiB  = 100 // of resident memory, each
	mostIdleCore = 2.0 // percent of one core, for all of them
)

// Issue 4, Speed and memory: 1 000 idle binds in one process. The short form has
// fewer of them, and four times the room: what a process of Go has resident differs
// by many MB from run to run, and the start of a slow machine may reach into it.
func TestSoakIdleBinds(t *testing.T) {
	binds, settle, watch, slack := 300, 3*time.Second, 5*time.Second, 4.0
	if soakMinutes() > 0 {
		binds, settle, watch, slack = 1000, 40*time.Second, time.Minute, 1
	}
	alone, _ := idle(t, 1, settle/2, time.Second)
	memory, cpu := idle(t, binds, settle, watch)
	each := (memory - alone) / 1024 / float64(binds-1)
	t.Logf("%d idle binds: %.1f MB resident, %.1f MB with one: %.1f KiB each; %.2f %% of one core over %v", binds, memory/1e6, alone/1e6, each, cpu, watch)
	if each > mostIdleKiB*slack {
		t.Errorf("an idle bind takes %.1f KiB, want at most %d", each, mostIdleKiB)
	}
	if cpu > mostIdleCore*slack {
		t.Errorf("%d idle binds take %.2f %% of one core, want at most %v", binds, cpu, mostIdleCore)
	}
}

// idle runs the connector with so many binds and returns what it has resident, in
// octets, and the share of one core in percent that it takes while nothing is sent.
func idle(t *testing.T, binds int, settle, watch time.Duration) (memory, cpu float64) {
	t.Helper()
	mno, nats := smsc.Start(t), stack.NATSProcess(t)
	host, port := mno.HostPort()
	address := stack.FreeAddr(t)
	connector := stack.Process(t, stack.Spec{
		Name:    "smpp-connector",
		Command: []string{stack.Build(t, connectorPackage), "serve"},
		Env: []string{"OPERATOR_IDS=awcc", "SMPP_HOST=" + host, "SMPP_PORT=" + strconv.Itoa(port), "SMPP_SYSTEM_ID=esme", "SMPP_PASSWORD=secret",
			"SMPP_BINDS=" + strconv.Itoa(binds), "NATS_URL=" + nats.URL, "HTTP_ADDR=" + address, "DEBUG_ADDR=" + stack.FreeAddr(t)},
		Ready: answersHealth(address),
	})
	connector.Start()
	if err := mno.WaitBound(t.Context(), binds); err != nil {
		t.Fatal(err)
	}
	time.Sleep(settle) // the garbage of the start is collected, the first heartbeats have been
	before := cpuOf(t, connector.PID())
	time.Sleep(watch)
	memory, cpu = resident(t, connector.PID()), 100*(cpuOf(t, connector.PID())-before).Seconds()/watch.Seconds()
	if c := mno.Counts(); c.Bound != binds || c.Lost != 0 {
		t.Errorf("%d of %d bound, %d lost", c.Bound, binds, c.Lost)
	}
	connector.Stop()
	return memory, cpu
}

// resident is what a process has in memory, in octets.
func resident(t *testing.T, pid int) float64 {
	t.Helper()
	return procField(t, pid, "statm", 1) * float64(os.Getpagesize())
}

// cpuOf is what a process has used of the CPU, by itself and by the system for it.
func cpuOf(t *testing.T, pid int) time.Duration {
	t.Helper()
	const tick = time.Second / 100 // USER_HZ
	return time.Duration(procField(t, pid, "stat", 13)+procField(t, pid, "stat", 14)) * tick
}

// procField is one number of a line in /proc, counted from 0. The program's name,
// which may hold spaces, is the second field of stat; ours has none.
func procField(t *testing.T, pid int, file string, field int) float64 {
	t.Helper()
	line, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/" + file)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.ParseFloat(string(bytes.Fields(line)[field]), 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
