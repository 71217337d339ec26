package testkit

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/ghasi/smpp-connector"

// importRule says what the packages of one part of the house may import beside
// the standard library and beside itself. The first rule whose from matches a
// folder is the one that holds.
//
// Patterns: "codec" is that package alone, "codec/..." it and all below it. What
// is not of this module is named by the beginning of its import path.
type importRule struct {
	from string
	may  []string
	why  string
}

// rules is the table of ARCHITECTURE.md, "Import rules".
var rules = []importRule{
	{"cmd/...", []string{"..."}, "cmd is where everything meets"},

	{"codec/segment/npm/...", []string{"codec/segment"}, "the npm package is codec/segment, for JavaScript"},
	{"codec/segment/...", nil, "codec/segment is shared with billing: the standard library alone"},
	{"codec/...", []string{"codec/..."}, "the codec is usable alone"},
	{"proto/...", []string{"google.golang.org/protobuf", "proto/..."}, "the contracts depend on protobuf alone"},
	{"config/...", []string{"config/...", "codec/...", "github.com/spf13/viper", "github.com/go-viper/mapstructure", "go.yaml.in/yaml"}, "config is viper and the names of the codec"},

	{"actors/port", []string{"codec/...", "proto"}, "ports are interfaces and values"},
	{"actors/event", []string{"codec/...", "proto", "actors/port"}, "facts are values"},
	{"actors/?/...", []string{"codec/...", "proto", "actors/?/..."}, "what lies below actors/ decides, and knows neither protoactor nor a driver"},
	{"actors", []string{"codec/...", "proto", "config/...", "actors/...", "github.com/asynkron/protoactor-go"}, "actors reach the outside through ports alone"},

	{"infra/telemetry/...", infra("go.opentelemetry.io/", "github.com/prometheus/", "github.com/go-logr/logr"), oneDriver},
	{"infra/httpapi/...", infra(), oneDriver},
	{"infra/page/...", infra("actors/vitals", "actors/lifecycle"), oneDriver},                                    // what is looked at: values, and the table that is drawn
	{"infra/natsjs/...", infra("github.com/nats-io/", "google.golang.org/protobuf", "actors/concat"), oneDriver}, // protobuf: the size of an event; concat.Slot is what it keeps
	{"infra/line/...", infra(), oneDriver},
	{"infra/embedded/...", infra("github.com/nats-io/", "golang.org/x/sys/"), oneDriver}, // x/sys: it locks its folder
	{"infra/redis/...", infra("github.com/redis/rueidis"), oneDriver},
	{"infra/postgres/...", infra("github.com/jackc/pgx", "deploy/migrations"), oneDriver},
	{"infra/kubernetes/...", infra(), oneDriver},
	{"infra/operators/...", infra("google.golang.org/protobuf"), oneDriver},
	{"infra/control/...", infra("github.com/nats-io/", "actors/control", "actors/vitals"), oneDriver}, // what it carries are their values
	{"infra/capture/...", infra("github.com/gopacket/gopacket", "actors/recorder"), oneDriver},        // actors/recorder: its snapshots, which are values
	{"deploy/migrations", nil, "migrations are files"},

	{"testkit/stack/...", append(testkit("testkit/..."), "github.com/nats-io/", "github.com/redis/rueidis", "github.com/jackc/pgx"), "stack starts the real servers"},
	{"testkit/otlp/...", testkit("go.opentelemetry.io/proto/otlp/"), "the collector decodes with the protocol's own types"},
	{"testkit/memory", testkit("testkit/...", "actors/concat"), "concat.Slot is what the store of parts keeps"},
	{"testkit/...", testkit("testkit/..."), "testkit stands outside of what it tests"},
}

const oneDriver = "an adapter knows its own driver and no other adapter"

func infra(driver ...string) []string {
	return append(driver, "codec/...", "proto", "config/...", "actors/event", "actors/port")
}

func testkit(more ...string) []string {
	return append(more, "codec/...", "proto", "actors/port", "google.golang.org/protobuf")
}

// testsMayToo is what every test may import beside what its package may.
var testsMayToo = []string{"testkit/...", "google.golang.org/protobuf"}

// testsMay are the few further doors, each with its reason.
var testsMay = map[string][]string{
	"infra/natsjs":   {"infra/embedded"}, // the standalone pair is tested together
	"infra/embedded": {"infra/natsjs"},
	"actors":         {"infra/..."}, // whole-tree tests stand on real adapters
}

// TestImportsFollowTheTable parses every Go file of the module, whatever its build
// tags, and names file, line, import and rule for each that breaks one.
func TestImportsFollowTheTable(t *testing.T) {
	root := ".."
	files := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if path != root && isOutside(path, d.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(path, ".go") {
			files++
			checkFile(t, root, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 10 {
		t.Fatalf("%d Go files found: this test looks in the wrong place", files)
	}
}

// isOutside reports whether a folder is not part of the module: hidden, test data,
// or a module of its own.
func isOutside(path, name string) bool {
	if strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules" {
		return true
	}
	_, err := os.Stat(filepath.Join(path, "go.mod"))
	return err == nil
}

func checkFile(t *testing.T, root, path string) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	rel, err := filepath.Rel(root, path)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.ToSlash(filepath.Dir(rel))
	for _, spec := range file.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if complaint := judge(folder, name, strings.HasSuffix(path, "_test.go")); complaint != "" {
			t.Errorf("%s:%d: %s", filepath.ToSlash(rel), fset.Position(spec.Pos()).Line, complaint)
		}
	}
}

// contractTypes are the types of the contracts' own fields (a timestamp): who may
// import proto has them in hand.
const contractTypes = "google.golang.org/protobuf/types/known/"

// judge returns why a file in folder must not import name, or nothing.
func judge(folder, name string, isTest bool) string {
	if isStandard(name) {
		return ""
	}
	target, ours := strings.CutPrefix(name, module+"/")
	if ours && strings.HasPrefix(target, "cmd/") {
		return "imports " + target + ": nobody imports cmd"
	}
	if ours && target == folder { // an external test package imports its own
		return ""
	}
	rule := ruleFor(folder)
	if rule == nil {
		return "no rule for the folder " + folder + ": add a row to the table in testkit/imports_test.go and in ARCHITECTURE.md"
	}
	may := rule.may
	if slices.Contains(may, "proto") {
		may = slices.Concat(may, []string{contractTypes})
	}
	if isTest {
		may = slices.Concat(may, testsMayToo, testsMay[folder])
	}
	for _, pattern := range may {
		if matches(pattern, target, ours) {
			return ""
		}
	}
	return "imports " + strings.TrimPrefix(name, module+"/") + ", which the rule for " + rule.from + " does not allow: " + rule.why
}

func ruleFor(folder string) *importRule {
	for i := range rules {
		if matches(rules[i].from, folder, true) {
			return &rules[i]
		}
	}
	return nil
}

// matches reports whether a package path (without the module when it is ours)
// fits a pattern. A "?" stands for one folder.
func matches(pattern, path string, ours bool) bool {
	if pattern == "..." {
		return true
	}
	if strings.Contains(strings.SplitN(pattern, "/", 2)[0], ".") { // a foreign module by the beginning of its path
		return !ours && strings.HasPrefix(path, pattern)
	}
	if !ours {
		return false
	}
	want, below := strings.CutSuffix(pattern, "/...")
	wants, has := strings.Split(want, "/"), strings.Split(path, "/")
	if len(has) < len(wants) || len(has) > len(wants) && !below {
		return false
	}
	for i, w := range wants {
		if w != "?" && w != has[i] {
			return false
		}
	}
	return true
}

// isStandard: the standard library's paths have no dot in their first element.
func isStandard(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return !strings.Contains(first, ".")
}

// The table itself is held: what design says must be refused is refused.
func TestImportTableRefuses(t *testing.T) {
	const nats, protoactor = "github.com/nats-io/nats.go", "github.com/asynkron/protoactor-go/actor"
	for _, c := range []struct {
		folder, name string
		test, ok     bool
	}{
		{"codec/segment", module + "/codec", false, false},
		{"codec/segment/npm/wasm", module + "/codec/segment", false, true},
		{"codec/segment/npm/wasm", module + "/codec", false, false},
		{"codec", module + "/codec/segment", false, true},
		{"codec", module + "/proto", false, false},
		{"codec", "fmt", false, true},
		{"config", module + "/actors/port", false, false},
		{"config", module + "/proto", false, false},
		{"actors/port", protoactor, false, false},
		{"actors/port", module + "/actors/event", false, false},
		{"actors/event", module + "/actors/port", false, true},
		{"actors/lifecycle", protoactor, false, false},
		{"actors/lifecycle", module + "/actors", false, false},
		{"actors/lifecycle", module + "/actors/event", false, true},
		{"actors/lifecycle", module + "/config", false, false},
		{"actors", protoactor, false, true},
		{"actors/dlr", "google.golang.org/protobuf/types/known/timestamppb", false, true},
		{"actors/dlr", "google.golang.org/protobuf/proto", false, false},
		{"actors", nats, false, false},
		{"actors", module + "/infra/natsjs", false, false},
		{"infra/natsjs", nats, false, true},
		{"infra/natsjs", module + "/infra/postgres", false, false},
		{"infra/natsjs", module + "/actors", false, false},
		{"infra/natsjs", module + "/testkit/stack", false, false},
		{"infra/natsjs", module + "/testkit/stack", true, true},
		{"infra/redis", nats, true, false},
		{"infra/capture", module + "/actors/recorder", false, true},
		{"infra/natsjs", module + "/actors/recorder", false, false},
		{"infra/somethingnew", "fmt", false, true},
		{"infra/somethingnew", nats, false, false},
		{"testkit/smsc", module + "/actors/event", false, false},
		{"testkit/smsc", module + "/codec", false, true},
		{"testkit/stack", nats, false, true},
		{"testkit/smsc", nats, false, false},
		{"cmd/smpp-connector", nats, false, true},
		{"actors", module + "/cmd/smsc", true, false},
	} {
		if complaint := judge(c.folder, c.name, c.test); (complaint == "") != c.ok {
			t.Errorf("%s imports %s (test: %v): %q, want ok = %v", c.folder, c.name, c.test, complaint, c.ok)
		}
	}
}
