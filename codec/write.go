package codec

// appendText writes a C-octet string: the characters and a NUL (SMPP 3.4 §3.1).
func appendText(b []byte, s string) []byte { return append(append(b, s...), 0) }

// appendMessage writes sm_length and short_message. sm_length is one octet, so no
// more than 255 can follow it; Validate refuses more than 254.
func appendMessage(b, message []byte) []byte {
	message = message[:min(len(message), 0xFF)]
	return append(append(b, byte(len(message))), message...)
}

// appendTLVs writes the optional parameters as they stand. The length is two
// octets: a longer value is cut there, and Validate refuses it.
func appendTLVs(b []byte, ts TLVs) []byte {
	for i := range ts {
		t := &ts[i]
		value := t.Value[:min(len(t.Value), 0xFFFF)]
		b = append(b, byte(t.Tag>>8), byte(t.Tag), byte(len(value)>>8), byte(len(value)))
		b = append(b, value...)
	}
	return b
}
