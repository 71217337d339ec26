package config

import (
	"errors"
	"fmt"
	"io"
	"slices"
)

// ChangesFrom lists what c says otherwise than a configuration that Print wrote,
// perhaps in another process.
//
// A secret that both have is not compared. Print shows a mask, and nothing that
// could tell two passwords apart may stand beside it: SMPP's have eight octets, so
// whoever has a hash of one, salted or slow, can guess it from that; a key that
// would prevent this is one more secret that both processes need.
func (c *Config) ChangesFrom(printed io.Reader) ([]Change, error) {
	octets, err := io.ReadAll(printed)
	if err != nil {
		return nil, fmt.Errorf("printed configuration: %w", err)
	}
	tree, err := decodeYAML(octets)
	if err != nil {
		return nil, fmt.Errorf("printed configuration: not YAML: %s", quoted.ReplaceAllString(err.Error(), "a value"))
	}
	was, err := printedView(tree)
	if err != nil {
		return nil, fmt.Errorf("printed configuration: %w", err)
	}
	return was.changes(c.view(), func(a, b seen) bool { return a.shown != b.shown }), nil
}

// printedView is the view of what Print wrote.
func printedView(tree map[string]any) (view, error) {
	entries, complaints := entriesOf(tree["operators"])
	if len(complaints) > 0 {
		return view{}, errors.Join(complaints...)
	}
	delete(tree, "operators")
	top := flatten(tree)
	v := view{settings: seeWritten(settings, top)}
	if len(v.settings) == 0 {
		return view{}, errors.New("no setting in it: want what `config print` writes")
	}
	var ids []string
	words(&ids, "", isToken).read(top["operatorIds"])
	for _, entry := range entries {
		id, _ := scalar(entry["id"])
		state := configured
		if len(ids) == 0 || slices.Contains(ids, id) {
			state = served
		}
		v.operators = append(v.operators, operatorView{id, state, seeWritten(operatorSettings, entry)})
	}
	return v, nil
}
