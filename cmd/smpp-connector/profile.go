package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"

	"github.com/ghasi/smpp-connector/config"
)

// tryProfile reads what an MNO sent under a profile and says whether it means what it
// should: `profile test`. Nothing is dialled.
func tryProfile(_ context.Context, args []string, s streams) int {
	const usage = "Usage: smpp-connector profile test [--profile NAME] [--operator ID] [--config FILE] [--json] [--file FILE] [LINE…]\n" +
		"       smpp-connector profile list\n\n" +
		"  test  read receipts and messages that an MNO sent, one a line as JSON, under a profile: one that is built in,\n" +
		"        one of the file's group profiles, or an operator's of the file with all that it overrides\n" +
		"  list  the profiles that are built in\n\n" +
		"A line has the octets of a deliver_sm or data_sm in hex, the message_id of the submit_sm_resp that it belongs to, and\n" +
		"what of it should be read how; all but the octets may be left out, and the output says what there is:\n\n" +
		"  {\"pdu\": \"0000008a00000005…\", \"id\": \"1F4C\", \"expect\": {\"state\": \"DELIVERED\", \"final\": true, \"errorCode\": \"000\"}}\n\n" +
		"In place of pdu: text (ASCII), tlvs as in {\"message_state\": 2}, esmClass (4), dataCoding (0), sourceAddr, destinationAddr.\n" +
		"name says what a line shows, heardAt when it came. With an id, it should match; say \"expect\": {\"matches\": false} of one that should not.\n\n"
	switch {
	case len(args) == 2 && args[0] == "list" && usageStatus(args[1:]) == 0:
		fmt.Fprint(s.err, usage)
		return 0
	case len(args) == 1 && args[0] == "list":
		fmt.Fprintln(s.out, strings.Join(config.Profiles(), "\n"))
		return 0
	case len(args) == 0 || args[0] != "test":
		fmt.Fprint(s.err, usage)
		return usageStatus(args)
	}
	set := flag.NewFlagSet("profile test", flag.ContinueOnError)
	set.SetOutput(s.err)
	set.Usage = func() { fmt.Fprint(s.err, usage) }
	var from profileFrom
	set.StringVar(&from.profile, "profile", "", "")
	set.StringVar(&from.operator, "operator", "", "")
	set.StringVar(&from.config, "config", "", "")
	asJSON := set.Bool("json", false, "")
	file := set.String("file", "", "")
	if err := set.Parse(args[1:]); err != nil {
		return flagStatus(err)
	}
	under, err := from.rules()
	if err != nil {
		complain(s, err)
		return 2
	}
	lines := filter{file: *file, line: trial(under, *asJSON), complain: untried(*asJSON)}
	return lines.run("profile test", set.Args(), s)
}

// profileFrom says where the profile that is tried is.
type profileFrom struct{ profile, operator, config string }

func (f profileFrom) rules() (under heardUnder, err error) {
	op, err := f.find()
	if err != nil {
		return under, err
	}
	under.addresses = rewriting(op.Addresses, op.Addresses.RewriteInbound)
	under.receipts, err = inboundRules(op)
	return under, err
}

func (f profileFrom) find() (config.Operator, error) {
	switch {
	case f.operator != "" && f.profile != "":
		return config.Operator{}, errors.New("--operator and --profile: give one of them; an operator has a profile")
	case f.operator == "":
		return config.Profiled(f.config, f.profile)
	}
	cfg, err := config.Load(f.config, nil)
	if err != nil {
		return config.Operator{}, err
	}
	op, known := cfg.Operator(f.operator)
	if !known {
		return op, fmt.Errorf("--operator %q: the configuration has no operator of that id", f.operator)
	}
	return op, nil
}

// unexpected is a line that means another thing than it should.
type unexpected struct {
	name  string
	got   meaning
	wrong []string
}

// Error implements error.
func (e *unexpected) Error() string { return strings.Join(e.wrong, "; ") }

// tried is the output of --json: what a line means, and in what it should not.
type tried struct {
	Name  string   `json:"name"`
	OK    bool     `json:"ok"`
	Wrong []string `json:"wrong,omitempty"`
	Read  *meaning `json:"read"` // null: the line could not be read
}

// untried is the output for a line that is wrong, or cannot be read.
func untried(asJSON bool) func(string, error) string {
	return func(_ string, err error) string {
		var other *unexpected
		is := errors.As(err, &other)
		switch {
		case asJSON && is:
			return jsonLine(tried{Name: other.name, Wrong: other.wrong, Read: &other.got})
		case asJSON:
			return jsonLine(tried{Wrong: []string{err.Error()}})
		case is:
			return "WRONG  " + labelled(other.name, other.Error())
		}
		return "error: " + err.Error()
	}
}

func labelled(name, what string) string {
	if name == "" {
		return what
	}
	return name + ": " + what
}

// trial reads a line under rules.
func trial(under heardUnder, asJSON bool) func(line string) (string, error) {
	return func(line string) (string, error) {
		r, err := readRecorded(line)
		if err != nil {
			return "", err
		}
		got, err := r.read(under)
		if err != nil {
			return "", err
		}
		if wrong := r.judge(got); len(wrong) > 0 {
			return "", &unexpected{r.Name, got, wrong}
		}
		if asJSON {
			return jsonLine(tried{Name: r.Name, OK: true, Read: &got}), nil
		}
		return "ok     " + labelled(r.Name, got.String()), nil
	}
}

// String is a meaning on one line.
func (r meaning) String() string {
	if r.Kind == "message" {
		return fmt.Sprintf("a message in %s, %d characters", r.Encoding, len([]rune(r.Text)))
	}
	said := []string{"receipt", r.State}
	add := func(holds bool, what string) {
		if holds {
			said = append(said, what)
		}
	}
	add(r.Final, "final")
	add(r.Matches != nil && *r.Matches, "matches")
	add(r.ErrorCode != "", "err "+r.ErrorCode)
	add(r.ErrorMeaning != "", r.ErrorMeaning)
	add(r.DoneAt != "", "done "+r.DoneAt)
	add(len(r.TLVs) > 0, fmt.Sprintf("%d TLVs", len(r.TLVs)))
	return strings.Join(said, ", ")
}
