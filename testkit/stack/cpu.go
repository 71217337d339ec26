package stack

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// CPUTime is what the server and its children have used since they began, user and
// system: for benchmarks. Elsewhere than on Linux it is 0.
func (s *Server) CPUTime() time.Duration {
	if !s.running() {
		return 0
	}
	pid := s.cmd.Process.Pid
	total := cpuTimeOf(pid)
	for _, child := range childrenOf(pid) {
		total += cpuTimeOf(child)
	}
	return total
}

// tick is the unit of /proc's times: 100 a second on every Linux that runs Go.
const tick = 10 * time.Millisecond

func cpuTimeOf(pid int) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// pid (name) state ppid … utime and stime are the 14th and 15th.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * tick
}

// MachineTime is what all programs of this machine have used on all of its cores since
// it began: beside a benchmark's own, how much others took meanwhile. Elsewhere than
// on Linux it is 0.
func MachineTime() time.Duration {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	// cpu user nice system idle iowait irq softirq steal …
	line, _, _ := strings.Cut(string(stat), "\n")
	var used int64
	for i, field := range strings.Fields(line) {
		if n, err := strconv.ParseInt(field, 10, 64); err == nil && i >= 1 && i <= 8 && i != 4 && i != 5 {
			used += n
		}
	}
	return time.Duration(used) * tick
}
