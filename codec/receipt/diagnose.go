package receipt

// Diagnosis says why a receipt's id matched nothing: under this rule it would
// have.
type Diagnosis struct {
	Rule      IDRule
	Submitted string // the candidate that would have matched
}

// suspects are the rules that Diagnose tries, the least change first.
var suspects = [...]IDRule{
	{},
	{fold: upper},
	{zeros: true},
	{zeros: true, fold: upper},
	{number: hexToDec},
	{number: decToHex},
}

// Diagnose tries the known rules on the id of a receipt that matched nothing.
// Candidates are message_ids as the MNO answered them, such as those of the last
// minutes. ok is false if no rule brings any of them together with id: then the
// receipt is another account's, or too old.
func Diagnose(id string, candidates ...string) (d Diagnosis, ok bool) {
	if id == "" {
		return Diagnosis{}, false
	}
	for _, rule := range suspects {
		key := rule.Apply(Receipted, id)
		for _, c := range candidates {
			if c != "" && rule.Apply(Submitted, c) == key {
				return Diagnosis{rule, c}, true
			}
		}
	}
	return Diagnosis{}, false
}
