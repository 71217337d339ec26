package segment

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// fingerprintVersion leads every fingerprint, so that a later way to make one
// can be told from this.
const fingerprintVersion = "1:"

// Fingerprint is the fingerprint of a text under a rule: what billing puts into
// a command's segmentFingerprint (US-SC-036). Errors are CountText's.
func Fingerprint(text string, want Encoding, rule Rule) (string, error) {
	plan, err := Split(text, want, rule)
	if err != nil {
		return "", err
	}
	return plan.Fingerprint(), nil
}

// Fingerprint is "1:" and the first 16 hex digits of SHA-256 over the encoding's
// name, a NUL, and each part's octets behind their length (two octets, big
// endian). It depends on what is sent, not on the concatenation reference. Texts
// written with national tables carry those behind the encoding's name
// ("GSM7/1.0": locking, single), since the same septets mean another text there.
func (p Plan) Fingerprint() string {
	size := 32
	for _, part := range p.Parts {
		size += 2 + len(part)
	}
	b := append(make([]byte, 0, size), p.Encoding.String()...)
	if p.Shift != (Shift{}) {
		b = fmt.Appendf(b, "/%d.%d", p.Shift.Locking, p.Shift.Single)
	}
	b = append(b, 0)
	for _, part := range p.Parts {
		b = binary.BigEndian.AppendUint16(b, uint16(len(part)))
		b = append(b, part...)
	}
	sum := sha256.Sum256(b)
	out := append(make([]byte, 0, len(fingerprintVersion)+16), fingerprintVersion...)
	return string(hex.AppendEncode(out, sum[:8]))
}
