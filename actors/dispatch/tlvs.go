package dispatch

import (
	"slices"

	"github.com/ghasi/smpp-connector/actors/optional"
	"github.com/ghasi/smpp-connector/codec"
)

// fillTLVs writes a command's tlvs in the order of the profile.
func (r Rules) fillTLVs(t *codec.SubmitSM, given map[string]string) *Refusal {
	used := 0
	for _, rule := range r.TLVs {
		text, ok := given[rule.Name]
		if !ok {
			if rule.Required {
				return invalid("tlvs."+rule.Name, "is missing: this MNO demands it in every message")
			}
			continue
		}
		used++
		value, ok := rule.Kind.Write(text)
		if !ok {
			return invalid("tlvs."+rule.Name, "%d characters that are no %v: see the operator's profile", len(text), rule.Kind)
		}
		t.TLVs = append(t.TLVs, codec.TLV{Tag: rule.Tag, Value: value})
	}
	if used < len(given) {
		for name := range given {
			if !slices.ContainsFunc(r.TLVs, func(rule optional.Rule) bool { return rule.Name == name }) {
				return invalid("tlvs", "a name of %d characters that the operator's profile does not declare: add it there", len(name))
			}
		}
	}
	return nil
}
