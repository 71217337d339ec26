package actors

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// Every turn runs once, also more at once than workers stay, and after close; and
// no goroutine is left (the bubble would not end).
func TestWorkersRunEveryTurnOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w workers
		var ran atomic.Int64
		for range 3 {
			var blocked sync.WaitGroup
			release := make(chan struct{})
			for range 2 * maxIdle {
				blocked.Add(1)
				w.Schedule(func() { blocked.Done(); <-release; ran.Add(1) })
			}
			blocked.Wait() // all at once: no turn waits for another
			close(release)
			synctest.Wait()
		}
		if n := len(w.idle); n != maxIdle {
			t.Errorf("%d workers stay, want %d", n, maxIdle)
		}
		w.close()
		w.Schedule(func() { ran.Add(1) })
		synctest.Wait()
		if n := ran.Load(); n != 6*maxIdle+1 {
			t.Errorf("%d turns ran, want %d", n, 6*maxIdle+1)
		}
	})
}
