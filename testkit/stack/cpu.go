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
