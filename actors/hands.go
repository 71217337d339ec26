package actors

import "sync"

// hands is every command that a bind has taken and not settled. Whoever takes a
// command puts it here first, so that nothing is forgotten when an actor fails
// between two messages: the window that comes next looks here (window_recover.go).
//
// It is a list through the commands themselves, so that a command costs no
// allocation and a batch one lock.
type hands struct {
	mu     sync.Mutex
	first  *command
	n      int
	closed bool
}

// take puts commands in, unless they are closed: then nobody will look after them.
func (h *hands) take(cmds []*command) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	for _, cmd := range cmds {
		cmd.held, cmd.next = true, h.first
		if h.first != nil {
			h.first.prev = cmd
		}
		h.first = cmd
	}
	h.n += len(cmds)
	return true
}

// open lets commands be taken again: another window has come.
func (h *hands) open() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = false
}

// close refuses further commands.
func (h *hands) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
}

// release takes a command out. One that is not in is left alone.
func (h *hands) release(cmd *command) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.takeOut(cmd)
}

// releaseAll takes out what settlements bring to an end.
func (h *hands) releaseAll(settlements []settlement) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range settlements {
		h.takeOut(settlements[i].cmd)
	}
}

func (h *hands) takeOut(cmd *command) {
	if !cmd.held {
		return
	}
	if cmd.prev != nil {
		cmd.prev.next = cmd.next
	} else {
		h.first = cmd.next
	}
	if cmd.next != nil {
		cmd.next.prev = cmd.prev
	}
	cmd.held, cmd.prev, cmd.next = false, nil, nil
	h.n--
}

// all returns what is in, the latest first.
func (h *hands) all() []*command {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]*command, 0, h.n)
	for cmd := h.first; cmd != nil; cmd = cmd.next {
		list = append(list, cmd)
	}
	return list
}
