package segment

// Rule says what else than the text decides the count. The zero value is the
// default rule, the one that billing and the command's fingerprint follow:
// GSM7 or UCS2, 8-bit references, 160/153 septets and 70/67 units.
type Rule struct {
	Wide     bool     // 16-bit references: 152 septets or 66 units a part of a long text
	Locking  Language // may be used where the default alphabet does not do (23.038 §6.2.1.2.4); 0: none
	Single   Language // the same for the single shift table (§6.2.1.2.3); 0: none
	MaxParts int      // more are refused; 0: 255; negative: no limit (message_payload)
}

func (r Rule) limit() int {
	if r.MaxParts == 0 {
		return MaxSegments
	}
	return r.MaxParts
}

func (r Rule) check(want Encoding) error {
	switch {
	case want > GSM7Force:
		return &RuleError{"encoding", int(want), "AUTO, GSM7, UCS2 or GSM7_FORCE"}
	case r.Locking != 0 && !r.Locking.HasLocking():
		return &RuleError{"locking shift language", int(r.Locking), "0, 1 or 3 to 13 (3GPP TS 23.038 §6.2.1.2.4)"}
	case r.Single != 0 && !r.Single.HasSingle():
		return &RuleError{"single shift language", int(r.Single), "0 to 13 (3GPP TS 23.038 §6.2.1.2.4)"}
	}
	return nil
}

// room is how many units an SMS holds: alone, and as one part of several.
type room struct{ alone, part int }

// Octets of user data headers: the length octet, then elements (23.040 §9.2.3.24).
const (
	lengthOctet   = 1
	narrowElement = 5 // 00 03 reference total index
	wideElement   = 6 // 08 04 reference reference total index
	shiftElement  = 3 // 24 or 25, 01, language
)

// septets is the room of a GSM7 text under shift. A header is filled up to a
// septet boundary, which the division rounds off.
func (r Rule) septets(s Shift) room {
	alone, part := s.elements(), s.elements()+r.element()
	return room{(MaxOctets - header(alone)) * 8 / 7, (MaxOctets - header(part)) * 8 / 7}
}

// units is the room of a UCS2 text.
func (r Rule) units() room {
	return room{MaxOctets / 2, (MaxOctets - header(r.element())) / 2}
}

func (r Rule) element() int {
	if r.Wide {
		return wideElement
	}
	return narrowElement
}

func header(elements int) int {
	if elements == 0 {
		return 0
	}
	return lengthOctet + elements
}
