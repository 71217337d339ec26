package embedded

import (
	"os"

	"golang.org/x/sys/windows"
)

// claim locks the file for this process alone, and fails at once when another has it.
func claim(file *os.File) error {
	const far = 1 << 30 // a byte beyond the process id, which others must be able to read
	return windows.LockFileEx(windows.Handle(file.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY,
		0, 1, 0, &windows.Overlapped{Offset: far})
}
