package embedded

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// lockFile, in the data directory, is held by the process that uses it.
const lockFile = "nats.lock"

// DirInUse is the error of a data directory that another process uses.
type DirInUse struct {
	Dir string
	PID int // 0 when it cannot be told
}

func (e *DirInUse) Error() string {
	who := "another process"
	if e.PID > 0 {
		who = "process " + strconv.Itoa(e.PID)
	}
	return fmt.Sprintf("the data directory %s is in use by %s: stop it, or give this one another directory with --data", e.Dir, who)
}

// dirLock is the claim on a data directory. It ends with the process, however that ends.
type dirLock struct{ file *os.File }

// lockDir claims the directory, or returns *DirInUse.
func lockDir(dir string) (*dirLock, error) {
	file, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	if err := claim(file); err != nil {
		defer file.Close()
		content := make([]byte, 20)
		n, _ := file.Read(content) // whose it is makes the error better, not different
		pid, _ := strconv.Atoi(strings.TrimSpace(string(content[:n])))
		return nil, &DirInUse{Dir: dir, PID: pid}
	}
	if err := writePID(file); err != nil {
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	return &dirLock{file: file}, nil
}

func writePID(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// release gives the directory free. The file stays: removing it would let two
// processes hold locks on two files of one name.
func (l *dirLock) release() error { return l.file.Close() }
