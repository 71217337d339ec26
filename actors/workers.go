package actors

import "sync"

// workers is protoactor's dispatcher for the actors of one tree: it runs their turns
// on goroutines that stay. A goroutine for each turn, as protoactor has it, begins
// with a small stack and copies it several times before the turn has come to its
// depth; where answers come one by one that was a quarter of the CPU.
type workers struct {
	mu     sync.Mutex
	idle   []chan func() // the latest last: its stack is warm
	closed bool
}

const (
	maxIdle    = 64  // workers that wait; more turns at once have goroutines of their own
	throughput = 300 // messages of one turn before others get the core, as protoactor's own
)

// Throughput implements actor.Dispatcher.
func (w *workers) Throughput() int { return throughput }

// Schedule implements actor.Dispatcher. It never blocks: a worker that is idle has
// room for one turn.
func (w *workers) Schedule(turn func()) {
	w.mu.Lock()
	if last := len(w.idle) - 1; last >= 0 {
		next := w.idle[last]
		w.idle = w.idle[:last]
		w.mu.Unlock()
		next <- turn
		return
	}
	w.mu.Unlock()
	go w.work(turn)
}

// work runs turns until there are workers enough, or the tree has stopped.
func (w *workers) work(turn func()) {
	turns := make(chan func(), 1)
	for turn != nil {
		turn()
		if !w.wait(turns) {
			return
		}
		turn = <-turns
	}
}

func (w *workers) wait(turns chan func()) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || len(w.idle) >= maxIdle {
		return false
	}
	w.idle = append(w.idle, turns)
	return true
}

// close ends the workers. Turns that are scheduled later still run.
func (w *workers) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for _, turns := range w.idle {
		close(turns)
	}
	w.idle = nil
}
