package main

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ghasi/smpp-connector/config"
	"github.com/ghasi/smpp-connector/infra/telemetry"
	contract "github.com/ghasi/smpp-connector/proto"
)

const repository = "../.."

// Whoever is woken at 3 a.m. copies commands, metrics and log lines from these. What they
// name between backquotes, and every command line, is there under that name.
func TestDocumentsNameWhatThereIs(t *testing.T) {
	documents := []string{"README.md", "ARCHITECTURE.md", "deploy/CAPACITY.md", "deploy/helm/smpp-connector/README.md"}
	books, err := filepath.Glob(filepath.Join(repository, "deploy/runbooks/*.md"))
	if err != nil || len(books) < 20 {
		t.Fatalf("%d runbooks found, %v: this test looks in the wrong place", len(books), err)
	}
	for _, book := range books {
		documents = append(documents, "deploy/runbooks/"+filepath.Base(book))
	}
	there, held := whatThereIs(t), map[string]int{}
	for _, document := range documents {
		octets, err := os.ReadFile(filepath.Join(repository, document))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range namesIn(string(octets)) {
			kind, complaint := there.look(n)
			held[kind]++
			if complaint != "" {
				t.Errorf("%s: `%s`: %s", document, n, complaint)
			}
		}
	}
	for _, kind := range []string{"command", "metric", "variable", "setting", "subject", "file", "words"} {
		if held[kind] < 5 {
			t.Errorf("%d names of kind %s are held: this test does not see them any more: %v", held[kind], kind, held)
		}
	}
}

// What is read without backquotes (alerts, METRICS.md, the chart's values, every --help) names
// variables, statuses, streams and metrics too.
func TestPlainTextsNameWhatThereIs(t *testing.T) {
	texts := map[string]string{}
	for _, document := range []string{"deploy/alerts/smpp-connector.yaml", "deploy/METRICS.md", "deploy/helm/smpp-connector/values.yaml"} {
		octets, err := os.ReadFile(filepath.Join(repository, document))
		if err != nil {
			t.Fatal(err)
		}
		texts[document] = string(octets)
	}
	for _, c := range commands {
		_, out, said := call(t, c.name, "--help")
		texts[c.name+" --help"] = out + said
	}
	there, held := whatThereIs(t), 0
	for where, text := range texts {
		for _, name := range plainName.FindAllString(text, -1) {
			_, complaint := there.look(name)
			if held++; complaint != "" {
				t.Errorf("%s: %s: %s", where, name, complaint)
			}
		}
	}
	if held < 100 {
		t.Errorf("%d names are held: this test does not see them any more", held)
	}
}

// plainName is a variable or a metric within a text.
var plainName = regexp.MustCompile(`\b(?:[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|smpp_[a-z]+(?:_[a-z]+)+)\b`)

// A name that is not there is complained of, and one that is there is not.
func TestFalseNamesAreSeen(t *testing.T) {
	there := whatThereIs(t)
	for name, want := range map[string]string{
		"smpp-connector dlq list --reason max_age":                      "",
		"smpp-connector dlq list --resaon max_age":                      "--resaon",
		"smpp-connector dlq list --reason no_such_reason":               "reason",
		"smpp-connector dlq lits":                                       "no such command",
		"go run ./cmd/smpp-connector send --to 1 --text 'a b' --wait":   "",
		"dlq bury SUBJECT":                                              "",
		"binds reboot BIND":                                             "no such command",
		"smpp_maintenance":                                              "",
		"smpp_bind_owners":                                              "",
		"smpp_connector_submit_total":                                   "no such metric",
		`smpp_connector_dependency_up{dependency="redis"}`:              "",
		`smpp_connector_dependency_up{server="redis"}`:                  "no label",
		"NATS_DISPATCH_MAX_AGE":                                         "",
		"NATS_DISPATCH_MAXAGE":                                          "no such",
		"NATS_DISPATCH_STREAMS=mno":                                     "",
		"ESME_RMSGQFUL":                                                 "",
		"ESME_RQUEUEFULL":                                               "no such",
		"timers.response":                                               "",
		"operators[].hosts":                                             "",
		"timers.answer":                                                 "no such setting",
		"sms.dlr.orphan":                                                "",
		"sms.dlr.orphans":                                               "no such subject",
		"deploy/scripts/verify-egress-ip.sh":                            "",
		"deploy/scripts/verify.sh":                                      "no such file",
		"deploy/scripts/rotate-egress-ip.sh add --pool awcc --apply":    "",
		"deploy/scripts/rotate-egress-ip.sh add --pool awcc --aply":     "--aply",
		"nobody owns the bind":                                          "",
		"everybody owns the bind":                                       "says this",
		"nats is away":                                                  "",
		"nats stream edit KV_smpp_bind_owners --max-age 30s and so on…": "",
	} {
		if _, got := there.look(name); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("`%s`: %q, want %q", name, got, want)
		}
	}
	text := "a `b c`\n<!-- settings: x -->\n`gone`\n<!-- end of settings -->\n```sh\n$ x\nsmpp-connector tree # `not`\n```\nand `d`"
	if got := namesIn(text); !slices.Equal(got, []string{"smpp-connector tree", "b c", "d"}) {
		t.Errorf("%q", got)
	}
}

// namesIn are what a document has between backquotes, and the command lines of its blocks.
func namesIn(text string) (names []string) {
	if before, rest, ok := strings.Cut(text, "<!-- settings"); ok { // the program writes that itself
		_, after, _ := strings.Cut(rest, "<!-- end of settings -->")
		text = before + after
	}
	block := regexp.MustCompile("(?s)```.*?```")
	for _, b := range block.FindAllString(text, -1) {
		for _, line := range strings.Split(b, "\n") {
			line, _, _ = strings.Cut(line, " #")
			if line = strings.TrimSpace(line); commandLine(line) != nil || strings.HasPrefix(line, "deploy/scripts/") {
				names = append(names, line)
			}
		}
	}
	for _, m := range regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(block.ReplaceAllString(text, ""), -1) {
		names = append(names, m[1])
	}
	return names
}

// commandLine are the words of a command line of ours, without what stands before the
// command; nil: it is none.
func commandLine(line string) []string {
	for _, program := range []string{"go run ./cmd/smpp-connector ", "/smpp-connector ", "smpp-connector "} {
		before, after, ok := strings.Cut(line, program)
		if ok && (before == "" || strings.HasSuffix(before, " ")) {
			return strings.Fields(regexp.MustCompile(`'[^']*'`).ReplaceAllString(after, "TEXT"))
		}
	}
	if words := strings.Fields(line); len(words) > 1 {
		for _, c := range commands {
			if c.name == words[0] && !strings.HasSuffix(words[1], ",") {
				return words
			}
		}
	}
	return nil
}

// names are all that documents may name.
type names struct {
	metrics  map[string][]string // labels by name
	settings map[string]bool     // and the beginnings of their paths
	groups   map[string]bool     // the first words of those
	words    map[string]bool     // variables
	literals []string            // of the programs
	subjects string              // the source of proto/subjects.go
}

func whatThereIs(t *testing.T) *names {
	t.Helper()
	n := &names{metrics: map[string][]string{}, settings: map[string]bool{}, groups: map[string]bool{}, words: map[string]bool{}}
	for _, m := range telemetry.Table {
		n.metrics[m.Name] = m.Labels
	}
	for _, row := range config.Reference() {
		n.words[row.Env] = true
		path := strings.TrimPrefix(row.Name, "operators[].")
		for cut := path; cut != ""; {
			n.settings[cut] = true
			if i := strings.LastIndexByte(cut, '.'); i > 0 {
				cut = cut[:i]
				n.groups[cut] = true
			} else {
				break
			}
		}
	}
	delete(n.groups, "link") // of the Go type of that name more is told
	n.literals = append(literals(t), serverErrors...)
	octets, err := os.ReadFile(filepath.Join(repository, "proto/subjects.go"))
	if err != nil {
		t.Fatal(err)
	}
	n.subjects = string(octets)
	return n
}

var (
	metricName = regexp.MustCompile(`^(smpp_\w+)(?:\{(\w+)=.*\})?$`)
	variable   = regexp.MustCompile(`^([A-Z][A-Z0-9]*_[A-Z0-9_]+)(=.*)?$`)
	dotted     = regexp.MustCompile(`^(operators\[\]\.)?([a-z][A-Za-z]*)\.[a-z][A-Za-z0-9.]*$`)
	subject    = regexp.MustCompile(`^(sms\.[a-z.]+|operator\.health|smpp\.bind\.[a-z]+)$`)
	file       = regexp.MustCompile(`^[\w./-]+/[\w.-]+\.(go|md|sh|yaml|lua|proto)(?: |$)`)
	sentence   = regexp.MustCompile(`^[a-z]+( [a-z]+)+$`)
)

// elsewhere are the variables of others: make, tests, images.
var elsewhere = []string{"PREVIOUS_BINARY", "SOAK_MINUTES", "EGRESS_PROVIDER", "EGRESS_STATE", "BENCH"}

// others are the programs whose command lines are not ours to know.
var others = []string{"nats", "kubectl", "helm", "go", "make", "chronyc", "timedatectl", "openssl", "docker"}

// serverErrors are what NATS says.
var serverErrors = []string{"no response from stream", "maximum consumers limit reached"}

// look says of which kind a name is, and what is wrong with it. A kind that is not known
// is not held.
func (n *names) look(name string) (kind, complaint string) {
	switch m := metricName.FindStringSubmatch(name); {
	case commandLine(name) != nil:
		return "command", n.lookAtCommand(commandLine(name))
	case m != nil:
		return "metric", n.lookAtMetric(m[1], m[2])
	case variable.MatchString(name):
		return "variable", n.lookAtVariable(variable.FindStringSubmatch(name)[1])
	case subject.MatchString(name):
		return "subject", missing(strings.Contains(n.subjects, strconv.Quote(name)), "no such subject in proto/subjects.go")
	case strings.HasPrefix(name, "deploy/scripts/") || file.MatchString(name):
		return "file", lookAtFile(strings.Fields(name))
	case dotted.MatchString(name):
		m := dotted.FindStringSubmatch(name)
		if !n.groups[m[2]] && m[1] == "" {
			return "", ""
		}
		return "setting", missing(n.settings[strings.TrimPrefix(name, m[1])], "no such setting")
	case sentence.MatchString(name) && !slices.Contains(others, strings.Fields(name)[0]):
		return "words", missing(n.said(name), "no program says this")
	}
	return "", ""
}

func missing(there bool, complaint string) string {
	if there {
		return ""
	}
	return complaint
}

func (n *names) lookAtMetric(name, label string) string {
	labels, there := n.metrics[name]
	switch {
	case !there && label == "" && strings.Contains(n.subjects, strconv.Quote(name)): // a bucket
		return ""
	case !there:
		return "no such metric, and no bucket of proto/subjects.go"
	case label != "" && !slices.Contains(labels, label):
		return "it has no label " + label
	}
	return ""
}

func (n *names) lookAtVariable(name string) string {
	stream := name == contract.StreamDispatch || name == contract.StreamEvents || name == contract.StreamOfMNO("")
	return missing(n.words[name] || stream || slices.Contains(elsewhere, name) || slices.Contains(n.literals, name), "no such setting, stream, state or status")
}

// lookAtCommand holds a command line against what the command's --help says. Arguments are
// the reader's own; reasons of dead letters are ours.
func (n *names) lookAtCommand(words []string) string {
	args := words[:1]
	if len(words) > 1 && regexp.MustCompile(`^[a-z]+$`).MatchString(words[1]) && words[0] != "tree" {
		args = words[:2]
	}
	if args[0] == "version" {
		return ""
	}
	var out strings.Builder
	if status := run(context.Background(), append(slices.Clone(args), "--help"), streams{strings.NewReader(""), &out, &out}); status != 0 {
		return fmt.Sprintf("no such command: %s --help: exit status %d", strings.Join(args, " "), status)
	}
	for i, word := range words {
		flag, value, has := strings.Cut(word, "=")
		if !strings.HasPrefix(flag, "-") {
			continue
		}
		if !strings.Contains(out.String(), "-"+strings.TrimLeft(flag, "-")) {
			return "it has no flag " + flag
		}
		if !has && i+1 < len(words) {
			value = words[i+1]
		}
		if flag == "--reason" && !slices.Contains(n.literals, value) {
			return "no dead letter has the reason " + value
		}
	}
	return ""
}

// lookAtFile holds a path, and for a script its words: it names each that it knows.
func lookAtFile(words []string) string {
	path := words[0]
	for _, folder := range []string{"", "deploy/scripts", "actors", "codec", "infra/natsjs"} { // as ARCHITECTURE's table of files names them
		octets, err := os.ReadFile(filepath.Join(repository, folder, path))
		if err != nil {
			continue
		}
		for _, word := range words[1:] {
			if strings.HasPrefix(word, "--") && !strings.Contains(string(octets), word) {
				return "it has no " + word
			}
		}
		return ""
	}
	return "no such file"
}

// said reports whether a program says these words: in one piece, or of a server that is
// away, whose name comes before.
func (n *names) said(words string) bool {
	return slices.ContainsFunc(n.literals, func(l string) bool {
		return strings.Contains(l, words) || strings.HasSuffix(words, l) && strings.HasPrefix(l, " is ")
	})
}

// literals are the strings in the programs' source, tests left out.
func literals(t *testing.T) []string {
	t.Helper()
	all := map[string]bool{}
	err := filepath.WalkDir(repository, func(path string, d fs.DirEntry, err error) error {
		switch name := d.Name(); {
		case err != nil:
			return err
		case d.IsDir() && path != repository && (strings.HasPrefix(name, ".") || slices.Contains([]string{"testkit", "testdata", "node_modules"}, name)):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(node ast.Node) bool {
			if lit, ok := node.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s, err := strconv.Unquote(lit.Value); err == nil {
					all[s] = true
				}
			}
			return true
		})
		return nil
	})
	if err != nil || len(all) < 1000 {
		t.Fatalf("%d strings found in the programs, %v: this test looks in the wrong place", len(all), err)
	}
	return slices.Collect(maps.Keys(all))
}

// A server that the alert SmppDependencyDown can name has a row in its runbook.
func TestEveryDependencyHasARowInTheRunbook(t *testing.T) {
	octets, err := os.ReadFile(filepath.Join(repository, "deploy/runbooks/SmppDependencyDown.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, folder := range []string{"actors", "infra"} {
		err := filepath.WalkDir(filepath.Join(repository, folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			source, err := os.ReadFile(path)
			for _, m := range regexp.MustCompile(`event\.Dependency(?:Changed)?\{Name: "(\w+)"`).FindAllStringSubmatch(string(source), -1) {
				found++
				if !strings.Contains(string(octets), "\n| "+m[1]+" |") {
					t.Errorf("%s: dependency %s has no row", path, m[1])
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < 6 {
		t.Errorf("%d dependencies found: this test looks in the wrong place", found)
	}
}

// "Each command has --help": whoever asks for it did nothing wrong.
func TestHelpIsNoError(t *testing.T) {
	for _, c := range commands {
		if status, out, said := call(t, c.name, "--help"); status != 0 || out+said == "" {
			t.Errorf("%s --help: exit status %d: %s%s", c.name, status, out, said)
		}
	}
	for _, group := range []string{"dlq", "dlr", "maintenance", "pdu", "profile", "config"} {
		for _, args := range [][]string{{group}, {group, "no-such"}} {
			if status, _, said := call(t, args...); status != 2 || !strings.Contains(said, "Usage: ") {
				t.Errorf("%q: exit status %d: %s", args, status, said)
			}
		}
	}
}
