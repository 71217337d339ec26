package natsjs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Presence keeps which pods live in the bucket smpp_pods, under
// {mno}.{direction}.{instance}, so that a pod watches those alone that serve the same
// binds. It implements port.Presence.
type Presence struct{ bucket *bucket }

// Presence returns the presence of pods; its bucket is made when it is used first.
func (c *Conn) Presence() *Presence {
	return &Presence{c.expiringBucket(contract.BucketPods, "which pods live (smpp-connector)", port.PresenceTTL)}
}

// podValue is a pod in its bucket.
type podValue struct {
	Pod      string           `json:"pod"`
	Ordinal  int              `json:"ordinal"`
	Max      int              `json:"maxBinds,omitempty"`
	Lanes    []string         `json:"lanes,omitempty"` // none: of a version before lanes were said
	Wants    []int            `json:"wants"`
	Accounts map[string][]int `json:"accounts,omitempty"` // none: of a version before accounts were said
	Spare    []int            `json:"spare,omitempty"`
	Runs     []int            `json:"runs"`
	Bound    []int            `json:"bound,omitempty"`
	Failed   []int            `json:"failed,omitempty"`
	Mute     []int            `json:"mute,omitempty"`
	Covers   []cover          `json:"covers,omitempty"`
	Leaving  bool             `json:"leaving,omitempty"`
	Version  string           `json:"version,omitempty"`
	Started  time.Time        `json:"started"`
}

// cover is a port.Cover, with its binds by name: "awcc.trx.1".
type cover struct {
	Operator string   `json:"operator"`
	Backup   string   `json:"backup"`
	Binds    []string `json:"binds"`
}

func coversOut(covers []port.Cover) (out []cover) {
	for _, c := range covers {
		names := make([]string, len(c.Binds))
		for i, b := range c.Binds {
			names[i] = b.String()
		}
		out = append(out, cover{c.Operator, c.Backup, names})
	}
	return out
}

func coversIn(covers []cover) (in []port.Cover, err error) {
	for _, c := range covers {
		one := port.Cover{Operator: c.Operator, Backup: c.Backup}
		for _, name := range c.Binds {
			b, err := port.ParseBindID(name)
			if err != nil {
				return nil, err
			}
			one.Binds = append(one.Binds, b)
		}
		in = append(in, one)
	}
	return in, nil
}

func podKey(p port.Pod) string {
	return key("", p.Group.MNO, string(p.Group.Direction), p.Instance)
}

// Announce implements port.Presence.
func (s *Presence) Announce(ctx context.Context, p port.Pod) error {
	value, err := json.Marshal(podValue{Pod: p.Name, Ordinal: p.Ordinal, Max: p.Max, Lanes: laneNames(p.Lanes), Wants: p.Wants, Accounts: p.Accounts, Spare: p.Spare, Runs: p.Runs, Bound: p.Bound, Failed: p.Failed, Mute: p.Mute,
		Covers: coversOut(p.Covers), Leaving: p.Leaving, Version: p.Version, Started: p.Started.UTC()})
	if err != nil {
		return err
	}
	if err := s.bucket.put(ctx, []write{{key: podKey(p), value: value, expect: anything}})[0]; err != nil {
		return fmt.Errorf("announce pod %s for %s: %w", p.Name, p.Group, err)
	}
	return nil
}

// Depart implements port.Presence.
func (s *Presence) Depart(ctx context.Context, p port.Pod) error {
	mark := write{key: podKey(p), header: nats.Header{headerOperation: {operationDelete}}, expect: anything}
	if err := s.bucket.put(ctx, []write{mark})[0]; err != nil {
		return fmt.Errorf("take back the presence of pod %s for %s: %w", p.Name, p.Group, err)
	}
	return nil
}

// Living returns the names of the pods that live, each once, for whoever is no pod: it
// makes no bucket where there is none.
func (s *Presence) Living(ctx context.Context) (names []string, err error) {
	pods, err := s.pods(ctx)
	for _, p := range pods {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	return slices.Compact(names), err
}

// pods returns what the pods that live say, once for each group that they serve. What
// cannot be read of it is left out.
func (s *Presence) pods(ctx context.Context) (pods []port.Pod, err error) {
	ctx, cancel := s.bucket.conn.bounded(ctx)
	defer cancel()
	switch _, err := s.bucket.conn.js.Stream(ctx, s.bucket.stream.Name); {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read which pods live: %w", away(err))
	}
	s.bucket.made.Store(true)
	err = s.bucket.scan(ctx, func(e entry) {
		if p, _ := readPod(e.key, e); e.live() && p.Name != "" { // a later version may say more than can be read
			pods = append(pods, p)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("read which pods live: %w", away(err))
	}
	return pods, nil
}

// Watch implements port.Presence.
func (s *Presence) Watch(ctx context.Context, groups []port.Group, w port.PodWatcher) error {
	watch := &keyWatch{
		bucket: s.bucket, patterns: patternsOf(groups), synced: w.Synced,
		put: func(k string, e entry) {
			p, err := readPod(k, e)
			if err != nil {
				s.bucket.conn.options.Logger.Warn("a pod's presence cannot be read", "key", k)
				return
			}
			w.Seen(p)
		},
		gone: func(k string, _ entry) {
			if group, instance, err := readPodKey(k); err == nil {
				w.Gone(group, instance)
			}
		},
	}
	return watch.run(ctx)
}

// readPod reads what a pod says of itself.
func readPod(k string, e entry) (port.Pod, error) {
	var v podValue
	group, instance, err := readPodKey(k)
	if err == nil {
		err = json.Unmarshal(e.value, &v)
	}
	covers, unread := coversIn(v.Covers)
	return port.Pod{Group: group, Name: v.Pod, Instance: instance, Ordinal: v.Ordinal, Max: v.Max, Lanes: readLanes(v.Lanes), Wants: v.Wants, Accounts: v.Accounts, Spare: v.Spare, Runs: v.Runs,
		Bound: v.Bound, Failed: v.Failed, Mute: v.Mute, Covers: covers, Leaving: v.Leaving, Version: v.Version, Started: v.Started}, errors.Join(err, unread)
}

func readPodKey(k string) (group port.Group, instance string, err error) {
	tokens, err := splitKey(k, 3)
	if err != nil {
		return group, "", err
	}
	return port.Group{MNO: tokens[0], Direction: port.Direction(tokens[1])}, tokens[2], nil
}

func laneNames(lanes []contract.Lane) []string {
	names := make([]string, len(lanes))
	for i, l := range lanes {
		names[i] = l.String()
	}
	return names
}

// readLanes leaves out what this version does not know.
func readLanes(names []string) (lanes []contract.Lane) {
	for _, name := range names {
		if l, err := contract.ParseLane(name); err == nil {
			lanes = append(lanes, l)
		}
	}
	return lanes
}
