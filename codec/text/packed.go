package text

import "github.com/ghasi/smpp-connector/codec/segment"

const carriageReturn = 0x0D

// fillBits lie between a header of n octets and the first septet, so that
// septets start on a septet boundary of the user data (3GPP TS 23.040 §9.2.3.24).
func fillBits(n int) int { return (7 - n%7) % 7 }

// pack appends septets to dst, eight in seven octets, the first septet in the
// lowest bits (3GPP TS 23.038 §6.1.2.1), after fill zero bits.
//
// SMPP tells octets and no septets, so seven spare bits at the end would read as
// an '@'. They are filled with a carriage return, as §6.1.2.3 does for USSD.
func pack(dst, septets []byte, fill int) []byte {
	var bits uint
	n := fill
	for _, s := range septets {
		bits |= uint(s&0x7F) << n
		if n += 7; n >= 8 {
			dst = append(dst, byte(bits))
			bits >>= 8
			n -= 8
		}
	}
	if n == 1 && len(septets) > 0 {
		bits |= carriageReturn << 1
	}
	if n > 0 && len(septets) > 0 {
		dst = append(dst, byte(bits))
	}
	return dst
}

// unpack appends the septets of packed octets to dst. A carriage return that
// ends on the last octet's boundary is taken for filling and left out. clean is
// false if the fill bits are not zero, which means that the header's length or
// the alphabet is not what the caller thinks.
func unpack(dst, packed []byte, fill int) (septets []byte, clean bool) {
	if len(packed) == 0 {
		return dst, true
	}
	bits, n := uint(packed[0])>>fill, 8-fill
	clean = packed[0]&(1<<fill-1) == 0
	start := len(dst)
	for _, o := range packed[1:] {
		for n >= 7 {
			dst = append(dst, byte(bits&0x7F))
			bits >>= 7
			n -= 7
		}
		bits |= uint(o) << n
		n += 8
	}
	for n >= 7 {
		dst = append(dst, byte(bits&0x7F))
		bits >>= 7
		n -= 7
	}
	if last := len(dst) - 1; n == 0 && last >= start && dst[last] == carriageReturn && !escaped(dst[start:last]) {
		dst = dst[:last]
	}
	return dst, clean
}

// escaped reports whether septets end in an open escape, which makes the next
// one part of a character.
func escaped(septets []byte) bool {
	open := false
	for i := len(septets) - 1; i >= 0 && septets[i] == segment.Escape; i-- {
		open = !open
	}
	return open
}
