package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/viper"
)

// Setting is one value from the command line: the path as in the file,
// {"dataDir", "/var/lib/smpp"}.
type Setting struct{ Path, Value string }

// Load reads file (none when empty), the environment (the process's own when env
// is nil; elements are NAME=value, and an empty value counts as none) and the
// command line, in rising order of authority, and validates the result. The
// error joins every complaint: *Complaint, *UnknownKey, or that the file cannot
// be read.
func Load(file string, env []string, flags ...Setting) (*Config, error) {
	s, err := given{file, slices.Clone(env), slices.Clone(flags)}.open()
	if err != nil {
		return nil, err
	}
	c, complaints := s.build(nil)
	if len(complaints) > 0 {
		return nil, errors.Join(complaints...)
	}
	return c, nil
}

// given is what Load was called with.
type given struct {
	file  string
	env   []string // nil: the process's own
	flags []Setting
}

// source is everything that a configuration is made of, as it is now. The file is
// there twice: as viper has it, and as it was written.
type source struct {
	given               given
	vars                map[string]string
	layered             *viper.Viper
	flat                flat // without the two groups that are not settings
	operators, profiles any
}

// build makes the Config. With one that is running, the settings that need a
// restart keep its values.
func (s *source) build(running *Config) (c *Config, complaints []error) {
	c = &Config{rest: &rest{given: s.given, raws: make(map[string]any), origins: make(map[string]string)}}
	complaints = c.readSettings(s, running)
	complaints = append(complaints, c.readDebugToken()...)
	complaints = append(complaints, c.readOperators(s)...)
	complaints = append(complaints, c.complaints()...)
	return c, unique(complaints)
}

// quoted is a value that the YAML parser's message repeats; it may be a password.
var quoted = regexp.MustCompile("`[^`]*`")

// open reads what there is to read.
func (g given) open() (*source, error) {
	env := g.env
	if env == nil {
		env = os.Environ()
	}
	file := g.file
	s := &source{given: g, vars: variables(env), layered: viper.New(), flat: flat{}}
	if file == "" {
		return s, nil
	}
	octets, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("configuration file: %w", err)
	}
	tree, err := decodeYAML(octets)
	if err != nil {
		return nil, fmt.Errorf("configuration file %s is not YAML: %s", file, quoted.ReplaceAllString(err.Error(), "a value"))
	}
	s.operators, s.profiles = tree["operators"], tree["profiles"]
	delete(tree, "operators")
	delete(tree, "profiles")
	s.flat = flatten(tree)
	s.layered.SetConfigType("yaml")
	if err := s.layered.ReadConfig(bytes.NewReader(octets)); err != nil {
		return nil, fmt.Errorf("configuration file %s is not YAML: %w", file, err)
	}
	return s, nil
}

// variables is the environment by name, without what is empty: a chart sets
// variables to "" that it has nothing to say about.
func variables(env []string) map[string]string {
	vars := make(map[string]string, len(env))
	for _, pair := range env {
		if name, value, _ := strings.Cut(pair, "="); value != "" {
			vars[name] = value
		}
	}
	return vars
}

// readSettings fills the process's own settings, those that need a restart from
// running if there is one.
func (c *Config) readSettings(s *source, running *Config) (complaints []error) {
	known := paths(settings)
	known = append(known, "operators", "profiles") // so that `operatos` is told what it is near to
	complaints = s.flat.unknownKeys("", known)
	for _, row := range settings {
		origin := "default"
		s.layered.SetDefault(row.path, row.std)
		if s.flat[row.path] != nil {
			origin = "file"
		}
		if value, set := s.vars[row.env]; set {
			origin = row.env
			s.layered.Set(row.path, value)
		}
		if at := slices.IndexFunc(s.given.flags, func(f Setting) bool { return f.Path == row.path }); at >= 0 {
			origin = "command line"
			s.layered.Set(row.path, s.given.flags[at].Value)
		}
		raw := s.layered.Get(row.path)
		if running != nil && !isLive(row.path) {
			raw, origin = running.rest.raws[row.path], running.rest.origins[row.path]
		}
		c.rest.raws[row.path], c.rest.origins[row.path] = raw, origin
		if raw == "" && row.std == "" {
			continue
		}
		if err := row.read(c, raw, ""); err != nil {
			complaints = append(complaints, err)
			row.field(c).read(row.std) // so that the same row is not complained of again
		}
	}
	for _, flag := range s.given.flags {
		if !slices.Contains(known, flag.Path) {
			complaints = append(complaints, &UnknownKey{Key: flag.Path, Nearest: nearest(flag.Path, known)})
		}
	}
	if c.Pod == "" {
		c.Pod, _ = os.Hostname()
	}
	return complaints
}

// unique drops complaints that say the same (a profile's, for each operator that
// uses it), and those of an empty value where a wrong one has been complained of.
func unique(complaints []error) []error {
	said, paths := make(map[string]bool), make(map[string]bool)
	return slices.DeleteFunc(complaints, func(err error) bool {
		repeated := said[err.Error()]
		said[err.Error()] = true
		if c, ok := err.(*Complaint); ok {
			repeated = repeated || c.Shape == "empty" && paths[c.Path]
			paths[c.Path] = true
		}
		return repeated
	})
}
