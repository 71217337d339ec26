package main

import (
	"context"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/vitals"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// firstVersion stands for the last release until there is a tag.
const firstVersion = "bd4e89dc1a04e5c1ac1e45e9e9e5cc648707703e"

// Issue 7, rolling updates: four pods of the last version are replaced under load by
// pods of this one, and those again by pods of the last. While both are there each pod
// has one bind, and either version lists all binds and carries commands to all. Nothing
// is lost, and nothing comes twice. The long form rolls there and back several times.
func TestSoakTwoVersions(t *testing.T) {
	besideOthers(t)
	const pods, rate = 4, 100
	rounds := max(1, soakMinutes()/2)
	earlier := stack.Previous(t, connectorPackage, firstVersion)
	t.Logf("beside %s", earlier.Name)
	v := &versions{fleet: newFleet(t, traffic{n: rate * 600 * rounds}, pods, smsc.Delay(5*time.Millisecond)), earlier: earlier}
	v.program = earlier.Program
	for range pods {
		v.start()
	}
	v.spread("the last version", spreadWithin)
	v.load(rate)
	for range rounds {
		v.roll("")
		v.roll(earlier.Program)
	}
	v.stopSending()
	v.settle(2 * time.Minute)
	v.check(0)
}

// versions is a fleet of two versions.
type versions struct {
	*fleet
	earlier stack.Earlier
}

// roll replaces every pod by one of another program, the oldest first, as a Deployment
// does with maxSurge 0, and looks at both versions half way.
func (v *versions) roll(program string) {
	v.t.Helper()
	v.program = program
	pods := len(v.pods)
	for i := range pods {
		v.end(v.pods[0], (*stack.Server).Stop)
		v.start()
		v.spread(v.pods[pods-1].name+" has come", spreadWithin)
		if i == pods/2-1 {
			v.bothUnderstand()
		}
	}
}

// bothUnderstand holds each version's `binds` to tell of every bind and its owner, as
// the pods themselves do, its commands to be carried out by whichever version owns the
// bind, and the presence of all pods to be of two versions.
func (v *versions) bothUnderstand() {
	v.t.Helper()
	for _, program := range []string{v.earlier.Program, stack.Build(v.t, connectorPackage)} {
		var list []vitals.Bind
		eventually(v.t, program+" lists every bind as the pods themselves do", func() bool { // a pod may be slow to say
			owners := v.bound()
			list = v.list(program)
			return len(list) == v.binds && !slices.ContainsFunc(list, func(b vitals.Bind) bool {
				of := owners[b.Bind[strings.LastIndexByte(b.Bind, '.')+1:]]
				return !slices.Contains(of, b.Owner) || b.Epoch == 0 || !b.Bound
			})
		})
		v.run(program, "binds", "pause", list[0].Bind, "--yes")
		v.run(program, "binds", "resume", list[0].Bind, "--yes")
	}
	if told := v.told(); !v.earlier.Same && len(told) != 2 {
		v.t.Errorf("the pods that live tell of versions %v, want two", told)
	}
}

// list is what a version's `binds` tells.
func (v *versions) list(program string) (list []vitals.Bind) {
	v.t.Helper()
	for line := range strings.Lines(v.run(program, "binds", "--json")) {
		var b vitals.Bind
		if err := json.Unmarshal([]byte(line), &b); err != nil {
			v.t.Fatalf("%v in %s", err, line)
		}
		list = append(list, b)
	}
	return list
}

func (v *versions) run(program string, args ...string) string {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, append(args, "--nats", v.nats.URL)...).Output()
	if err != nil {
		v.t.Fatalf("%s %v: %v: %s", program, args, err, out)
	}
	return string(out)
}

// told are the versions of the pods that live, by their presence.
func (v *versions) told() (names []string) {
	v.t.Helper()
	kv, err := v.js.KeyValue(v.t.Context(), contract.BucketPods)
	if err != nil {
		v.t.Fatal(err)
	}
	keys, err := kv.Keys(v.t.Context())
	if err != nil {
		v.t.Fatal(err)
	}
	for _, key := range keys {
		entry, err := kv.Get(v.t.Context(), key)
		if err != nil {
			continue // it has left meanwhile
		}
		var pod struct{ Version string }
		if err := json.Unmarshal(entry.Value(), &pod); err != nil {
			v.t.Errorf("%s: %v", key, err)
		}
		names = append(names, pod.Version)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
