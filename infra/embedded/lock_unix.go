//go:build unix

package embedded

import (
	"os"

	"golang.org/x/sys/unix"
)

// claim locks the file for this process alone, and fails at once when another has it.
func claim(file *os.File) error {
	return unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
}
