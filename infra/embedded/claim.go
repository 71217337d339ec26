package embedded

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrClaimed is the error of a file that another process has claimed.
var ErrClaimed = errors.New("another process has it")

// Claim locks a file for the life of this process, writes mark into it, and returns
// what its last holder wrote, which is surely dead: the system takes a lock back only
// from a process that has ended. "" when there was none. release gives it free.
func Claim(path, mark string) (before string, release func() error, err error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", nil, fmt.Errorf("claim a file: %w", err)
	}
	if err := claim(file); err != nil {
		_ = file.Close() // nothing was written
		return "", nil, fmt.Errorf("claim %s: %w", path, ErrClaimed)
	}
	content, err := io.ReadAll(io.LimitReader(file, 4096))
	if err == nil {
		err = file.Truncate(0)
	}
	if err == nil {
		_, err = file.WriteAt([]byte(mark), 0)
	}
	if err != nil {
		_ = file.Close() // the error that counts is the first
		return "", nil, fmt.Errorf("claim %s: %w", path, err)
	}
	return string(content), file.Close, nil
}
