package memory

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// Presence implements port.Presence.
type Presence struct {
	Trouble

	mu      sync.Mutex
	pods    map[podName]announced
	log     []podChange
	changed signal
}

type podName struct {
	group    port.Group
	instance string
}

type announced struct {
	pod port.Pod
	at  time.Time
}

type podChange struct {
	pod  port.Pod
	gone bool
}

func newPresence() *Presence { return &Presence{pods: map[podName]announced{}} }

func nameOfPod(p port.Pod) podName { return podName{p.Group, p.Instance} }

// Announce implements port.Presence.
func (s *Presence) Announce(ctx context.Context, p port.Pod) error {
	return s.write(ctx, p, func() { s.pods[nameOfPod(p)] = announced{p, time.Now()} }, false)
}

// Depart implements port.Presence.
func (s *Presence) Depart(ctx context.Context, p port.Pod) error {
	return s.write(ctx, p, func() { delete(s.pods, nameOfPod(p)) }, true)
}

func (s *Presence) write(ctx context.Context, p port.Pod, do func(), gone bool) error {
	answer, err := s.enter(ctx)
	if err != nil {
		return fmt.Errorf("presence of pod %s: %w", p.Name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
	p.Wants, p.Spare, p.Runs = slices.Clone(p.Wants), slices.Clone(p.Spare), slices.Clone(p.Runs)
	p.Bound, p.Failed, p.Covers = slices.Clone(p.Bound), slices.Clone(p.Failed), slices.Clone(p.Covers)
	s.note(podChange{p, gone})
	return answer
}

func (s *Presence) note(c podChange) {
	s.log = append(s.log, c)
	s.changed.raise()
}

// expire drops who has not said for too long that it lives.
func (s *Presence) expire() (next time.Time) {
	now := time.Now()
	for name, a := range s.pods {
		at := a.at.Add(port.PresenceTTL)
		switch {
		case !at.After(now):
			delete(s.pods, name)
			s.note(podChange{a.pod, true})
		case next.IsZero() || at.Before(next):
			next = at
		}
	}
	return next
}

// Watch implements port.Presence, on the calling goroutine.
func (s *Presence) Watch(ctx context.Context, groups []port.Group, w port.PodWatcher) error {
	synced := false
	defer func() { w.Synced(false) }()
	at := 0
	told := map[podName]bool{}
	for {
		hung, healed, err := s.silent()
		if hung || err != nil {
			if synced {
				synced = false
				w.Synced(false)
			}
			if err := pause(ctx, healed, forever); err != nil {
				return err
			}
			continue
		}
		s.mu.Lock()
		next := s.expire()
		var news []podChange
		if !synced {
			for name := range told {
				if _, there := s.pods[name]; !there {
					news = append(news, podChange{port.Pod{Group: name.group, Instance: name.instance}, true})
				}
			}
			for _, a := range s.pods {
				news = append(news, podChange{a.pod, false})
			}
		} else {
			news = slices.Clone(s.log[at:])
		}
		at = len(s.log)
		changed := s.changed.wait()
		s.mu.Unlock()
		for _, c := range news {
			if !slices.Contains(groups, c.pod.Group) {
				continue
			}
			if c.gone {
				delete(told, nameOfPod(c.pod))
				w.Gone(c.pod.Group, c.pod.Instance)
			} else {
				told[nameOfPod(c.pod)] = true
				w.Seen(c.pod)
			}
		}
		if !synced {
			synced = true
			w.Synced(true)
		}
		if err := waitFor(ctx, next, changed, healed); err != nil {
			return context.Cause(ctx)
		}
	}
}
