package codec

// Visitor is shown the fields of a PDU's body one by one, in the order and under
// the names of SMPP 3.4 §4, with pointers to them: it may read or set. Validate,
// Clone, Dump and the JSON form are visitors, and so a field is described twice
// only: here for whoever cares, and in append and parse for speed.
type Visitor interface {
	// Text is a C-octet string of at most limit octets, its NUL counted.
	Text(name string, limit int, v *string)
	// Time is a C-octet string that is empty or 16 characters long (§7.1.1).
	Time(name string, v *string)
	// Number is one octet.
	Number(name string, v *uint8)
	// Message is short_message behind its sm_length, at most 254 octets.
	Message(v *[]byte)
	// Destinations are submit_multi's, behind number_of_dests.
	Destinations(v *[]Destination)
	// Unsuccessful are submit_multi_resp's, behind no_unsuccess.
	Unsuccessful(v *[]UnsuccessSME)
	// TLVs are the optional parameters.
	TLVs(v *TLVs)
	// Rest is the body of an unknown command.
	Rest(name string, v *[]byte)
}

// Walk shows v every field of p's body.
func Walk(p PDU, v Visitor) { p.walk(v) }
