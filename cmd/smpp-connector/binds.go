package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/user"
	"slices"
	"strings"
	"time"

	"github.com/ghasi/smpp-connector/actors/control"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/actors/vitals"
	wire "github.com/ghasi/smpp-connector/infra/control"
	"github.com/ghasi/smpp-connector/infra/natsjs"
)

const bindsUsage = "Usage: smpp-connector binds [list] [flags]\n" +
	"       smpp-connector binds pause|resume|rebind BIND [flags]\n" +
	"       smpp-connector binds move BIND --to POD [flags]\n\n" +
	"  list    every bind of every pod, a line each (the default)\n" +
	"  pause   pull no commands; the bind stays bound, receipts and MOs go on\n" +
	"  resume  pull again\n" +
	"  rebind  let the window empty, unbind, bind again\n" +
	"  move    hand the bind over to another pod, and keep it there while that lives\n\n" +
	"Pods that live are waited for (--wait); those that do not answer are named, and list ends\n" +
	"with exit status 3: it is incomplete.\n\n" +
	"BIND is mno.direction.number, as in awcc.trx.1. A pause holds until resume, also when\n" +
	"pods restart. Each command is asked about first, and is kept with who gave it.\n\n"

const maintenanceUsage = "Usage: smpp-connector maintenance on|off MNO [flags]\n\n" +
	"  on   pull no commands of the MNO, let the windows empty, unbind, and stay unbound;\n" +
	"       smpp_maintenance{mno} is 1, which silences the alerts about its binds\n" +
	"  off  bind again\n\n" +
	"It holds until it is taken back, also when pods restart, and touches no other MNO. The\n" +
	"command is asked about first, and is kept with who gave it.\n\n"

// controlCall is one call of binds or of maintenance.
type controlCall struct {
	name    string // binds pause
	nats    natsFlags
	command control.Command
	json    bool
	yes     bool
	wait    time.Duration
}

// binds shows binds and commands them.
func binds(ctx context.Context, args []string, s streams) int {
	verb := control.List
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		verb, args = control.Verb(args[0]), args[1:]
	}
	if verb.AboutMNO() || !slices.Contains(control.Verbs(), verb) {
		fmt.Fprint(s.err, bindsUsage, "Each has --help.\n")
		return 2
	}
	call := &controlCall{name: "binds " + string(verb), command: control.Command{Verb: verb}}
	return call.run(ctx, args, bindsUsage, s)
}

// maintenance takes an MNO out, and back.
func maintenance(ctx context.Context, args []string, s streams) int {
	verb, ok := chosen(map[string]control.Verb{"on": control.MaintenanceOn, "off": control.MaintenanceOff}, args, maintenanceUsage, s)
	if !ok {
		return usageStatus(args)
	}
	call := &controlCall{name: "maintenance " + args[0], command: control.Command{Verb: verb}}
	return call.run(ctx, args[1:], maintenanceUsage, s)
}

func (k *controlCall) run(ctx context.Context, args []string, usage string, s streams) int {
	return visit{
		name: k.name, usage: usage, nats: &k.nats, flags: k.flags, complete: k.complete,
		act: func(ctx context.Context, conn *natsjs.Conn, s streams) (int, error) {
			return k.ask(ctx, &wire.Client{NC: conn.NATS(), Living: conn.Presence().Living, Patience: k.wait}, s)
		},
	}.run(ctx, args, s)
}

func (k *controlCall) flags(set *flag.FlagSet) {
	set.DurationVar(&k.wait, "wait", wire.Patience, "how long a pod that lives may take to answer")
	if k.command.Verb == control.List {
		set.StringVar(&k.command.MNO, "mno", "", "the binds of this MNO alone")
		set.BoolVar(&k.json, "json", false, "print a JSON object a line")
		return
	}
	set.StringVar(&k.command.By, "by", whoami(), "who gives the command, for the audit")
	set.BoolVar(&k.yes, "yes", false, "do it without asking")
	if k.command.Verb == control.Move {
		set.StringVar(&k.command.To, "to", "", "the pod, as list names it; any: where the spread puts it")
	}
}

// complete takes the arguments in, and says what is wrong with them.
func (k *controlCall) complete(names []string) error {
	c := &k.command
	want, into := "a bind, as in awcc.trx.1", &c.Bind
	switch {
	case c.Verb == control.List && len(names) > 0:
		return fmt.Errorf("%q: list takes flags alone", names[0])
	case c.Verb == control.List:
		return c.Check()
	case c.Verb.AboutMNO():
		want, into = "an MNO", &c.MNO
	}
	if len(names) != 1 {
		return fmt.Errorf("%d arguments: want one, %s", len(names), want)
	}
	if *into = names[0]; into == &c.Bind {
		c.Bind = strings.ReplaceAll(c.Bind, "/", ".") // the log has it as awcc/trx/1
	}
	c.ID, c.At = rand.Text(), time.Now().UTC()
	return c.Check()
}

// whoami is who runs this, as far as the machine knows.
func whoami() string {
	name := os.Getenv("USER")
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		name += "@" + host
	}
	return name
}

// ask shows the binds, or has those that the command is about obey.
func (k *controlCall) ask(ctx context.Context, pods *wire.Client, s streams) (status int, err error) {
	listed, err := pods.Ask(ctx, control.Command{Verb: control.List, MNO: k.command.MNO})
	if err != nil {
		return 1, fmt.Errorf("%w: is one running here? (which server: --nats or NATS_URL)", err)
	}
	roll := control.Roll(listed.List)
	if k.command.Verb == control.List {
		k.print(roll, s.out)
		k.printNotes(listed.List, s.out)
		return tellTrouble(listed, s), nil
	}
	concerned := k.concerned(roll)
	if len(concerned) == 0 {
		return 1, k.unknown(ctx, pods, roll, listed.Silent)
	}
	if refused := k.confirm(ctx, concerned, s); refused != 0 {
		return refused, nil
	}
	answers, err := pods.Ask(ctx, k.command)
	if err != nil {
		return 1, err
	}
	return k.report(answers, s), nil
}

// concerned are the binds that the command is about.
func (k *controlCall) concerned(roll []vitals.Bind) (concerned []vitals.Bind) {
	for _, b := range roll {
		if b.Bind == k.command.Bind || k.command.Verb.AboutMNO() && b.MNO == k.command.MNO {
			concerned = append(concerned, b)
		}
	}
	return concerned
}

// unknown says that nothing of that name is there, and what is.
func (k *controlCall) unknown(ctx context.Context, pods *wire.Client, roll []vitals.Bind, silent []string) error {
	if len(roll) == 0 { // of that MNO; who asks wants to know which there are
		if all, err := pods.Ask(ctx, control.Command{Verb: control.List}); err == nil {
			roll = control.Roll(all.List)
		}
	}
	what := fmt.Sprintf("no pod serves MNO %s; there are %s", k.command.MNO, namesOrNone(control.MNOs(roll)))
	if !k.command.Verb.AboutMNO() {
		var names []string
		for _, b := range roll[:min(len(roll), shownBefore)] {
			names = append(names, b.Bind)
		}
		if more := len(roll) - shownBefore; more > 0 {
			names = append(names, fmt.Sprintf("and %d more", more))
		}
		what = fmt.Sprintf("no pod serves bind %s; there are %s", k.command.Bind, namesOrNone(strings.Join(names, ", ")))
	}
	if len(silent) > 0 {
		what += "; not answered: " + strings.Join(silent, ", ")
	}
	return errors.New(what)
}

func namesOrNone(list string) string {
	if list == "" {
		return "none"
	}
	return list
}

// deeds are how the question is put: what is done to the binds.
var deeds = map[control.Verb]struct{ verb, how string }{
	control.Pause: {"pause", "until resume"}, control.Resume: {"have", "pull again"}, control.Rebind: {"unbind", "and bind again"},
	control.MaintenanceOn: {"unbind", "until maintenance off"}, control.MaintenanceOff: {"have", "bind again"},
}

func (k *controlCall) confirm(ctx context.Context, concerned []vitals.Bind, s streams) int {
	deed := deeds[k.command.Verb]
	if k.command.Verb == control.Move {
		deed.verb, deed.how = "move", "to "+k.command.To
	}
	things := concerned[0].Bind
	if k.command.Verb.AboutMNO() {
		things = count(len(concerned), "bind") + " of " + k.command.MNO
	}
	q := question{verb: deed.verb, things: things, how: deed.how, yes: k.yes, show: func(w io.Writer) int {
		printBinds(w, concerned[:min(len(concerned), shownBefore)], time.Now())
		return len(concerned) - shownBefore
	}}
	return q.put(ctx, s)
}

// report prints what came of the command: 0 when every pod that is concerned has
// carried it out.
func (k *controlCall) report(answers *wire.Answers, s streams) (status int) {
	known := control.Known(answers.List)
	for _, a := range answers.List {
		if a.Error != "" {
			status = 1
			fmt.Fprintf(s.err, "%s: %s\n", a.Pod, a.Error)
		}
	}
	for _, a := range known {
		if a.Error == "" {
			fmt.Fprintf(s.out, "%s: %s %s", a.Pod, done[k.command.Verb], strings.Join(a.Binds, ", "))
			if a.Note != "" {
				fmt.Fprintf(s.out, " (%s)", a.Note)
			}
			fmt.Fprintln(s.out)
		}
	}
	if len(known) == 0 && status == 0 {
		status = 1
		fmt.Fprintln(s.err, "no pod serves it any more: list again")
	}
	if tellTrouble(&wire.Answers{Silent: answers.Silent}, s) != 0 {
		status = 1
	}
	return status
}

// done is what was done, before the binds' names.
var done = map[control.Verb]string{
	control.Pause: "paused", control.Resume: "pulls again:", control.Rebind: "binds again:", control.Move: "hands over",
	control.MaintenanceOn: "unbinds", control.MaintenanceOff: "binds again:",
}

// incomplete is the exit status of a list that some pod is missing in.
const incomplete = 3

// tellTrouble names the pods that said nothing, or something that was no list: then
// what was printed is incomplete.
func tellTrouble(answers *wire.Answers, s streams) (status int) {
	for _, pod := range answers.Silent {
		status = incomplete
		fmt.Fprintf(s.err, "pod %s did not answer in time, and lived within the last %s: what it serves is missing, or without an owner\n", printable(pod), port.PresenceTTL)
	}
	for _, a := range answers.List {
		if a.Error != "" {
			status = 1
			fmt.Fprintf(s.err, "pod %s: %s\n", printable(a.Pod), printable(a.Error))
		}
	}
	return status
}
