package codec

// Bind is the body that the three bind requests share (SMPP 3.4 §4.1).
type Bind struct {
	SystemID         string // at most 15 characters
	Password         string // at most 8 in 3.4; operators hand out longer ones, and we send them
	SystemType       string // at most 12
	InterfaceVersion uint8  // 0x34 is 3.4; 0x00-0x33 say that the peer knows no TLVs
	AddrTON          uint8
	AddrNPI          uint8
	AddressRange     string // at most 40: which addresses this ESME serves
	TLVs             TLVs   // none in 3.4; kept if a peer sends some
}

// InterfaceVersion34 is the interface_version of SMPP 3.4.
const InterfaceVersion34 = 0x34

func (p *Bind) append(b []byte) []byte {
	b = appendText(b, p.SystemID)
	b = appendText(b, p.Password)
	b = appendText(b, p.SystemType)
	b = append(b, p.InterfaceVersion, p.AddrTON, p.AddrNPI)
	b = appendText(b, p.AddressRange)
	return appendTLVs(b, p.TLVs)
}

func (p *Bind) parse(r *reader) {
	p.SystemID = r.text("system_id", 16)
	p.Password = r.text("password", 9)
	p.SystemType = r.text("system_type", 13)
	p.InterfaceVersion = r.number("interface_version")
	p.AddrTON = r.number("addr_ton")
	p.AddrNPI = r.number("addr_npi")
	p.AddressRange = r.text("address_range", 41)
	p.TLVs = r.tlvs(p.TLVs)
}

func (p *Bind) walk(v Visitor) {
	v.Text("system_id", 16, &p.SystemID)
	v.Text("password", 9, &p.Password)
	v.Text("system_type", 13, &p.SystemType)
	v.Number("interface_version", &p.InterfaceVersion)
	v.Number("addr_ton", &p.AddrTON)
	v.Number("addr_npi", &p.AddrNPI)
	v.Text("address_range", 41, &p.AddressRange)
	v.TLVs(&p.TLVs)
}

// BindResp is the body that the three bind responses share. sc_interface_version
// among the TLVs says whether the SMSC understands TLVs.
type BindResp struct {
	SystemID string // of the SMSC, at most 15 characters
	TLVs     TLVs
}

func (p *BindResp) append(b []byte) []byte {
	return appendTLVs(appendText(b, p.SystemID), p.TLVs)
}

func (p *BindResp) parse(r *reader) {
	p.SystemID = r.text("system_id", 16)
	p.TLVs = r.tlvs(p.TLVs)
}

func (p *BindResp) walk(v Visitor) {
	v.Text("system_id", 16, &p.SystemID)
	v.TLVs(&p.TLVs)
}

// BindTransmitter asks to be allowed to submit (SMPP 3.4 §4.1.1).
type BindTransmitter struct {
	Header
	Bind
}

// BindTransmitterResp answers BindTransmitter (§4.1.2).
type BindTransmitterResp struct {
	Header
	BindResp
}

// BindReceiver asks for what the SMSC has to deliver (§4.1.3).
type BindReceiver struct {
	Header
	Bind
}

// BindReceiverResp answers BindReceiver (§4.1.4).
type BindReceiverResp struct {
	Header
	BindResp
}

// BindTransceiver asks for both on one connection (§4.1.5).
type BindTransceiver struct {
	Header
	Bind
}

// BindTransceiverResp answers BindTransceiver (§4.1.6).
type BindTransceiverResp struct {
	Header
	BindResp
}

// Command implements PDU.
func (p *BindTransmitter) Command() CommandID { return BindTransmitterID }
func (p *BindTransmitter) shallow() PDU       { c := *p; return &c }

// Command implements PDU.
func (p *BindTransmitterResp) Command() CommandID { return BindTransmitterRespID }
func (p *BindTransmitterResp) shallow() PDU       { c := *p; return &c }

// Command implements PDU.
func (p *BindReceiver) Command() CommandID { return BindReceiverID }
func (p *BindReceiver) shallow() PDU       { c := *p; return &c }

// Command implements PDU.
func (p *BindReceiverResp) Command() CommandID { return BindReceiverRespID }
func (p *BindReceiverResp) shallow() PDU       { c := *p; return &c }

// Command implements PDU.
func (p *BindTransceiver) Command() CommandID { return BindTransceiverID }
func (p *BindTransceiver) shallow() PDU       { c := *p; return &c }

// Command implements PDU.
func (p *BindTransceiverResp) Command() CommandID { return BindTransceiverRespID }
func (p *BindTransceiverResp) shallow() PDU       { c := *p; return &c }

// Outbind is how an SMSC asks an ESME to bind as a receiver (§4.1.7).
type Outbind struct {
	Header
	SystemID string // of the SMSC, at most 15 characters
	Password string // by which the ESME knows the SMSC, at most 8
	TLVs     TLVs   // none in 3.4; kept if a peer sends some
}

// Command implements PDU.
func (p *Outbind) Command() CommandID { return OutbindID }

func (p *Outbind) append(b []byte) []byte {
	return appendTLVs(appendText(appendText(b, p.SystemID), p.Password), p.TLVs)
}

func (p *Outbind) parse(r *reader) {
	p.SystemID = r.text("system_id", 16)
	p.Password = r.text("password", 9)
	p.TLVs = r.tlvs(p.TLVs)
}

func (p *Outbind) walk(v Visitor) {
	v.Text("system_id", 16, &p.SystemID)
	v.Text("password", 9, &p.Password)
	v.TLVs(&p.TLVs)
}

func (p *Outbind) shallow() PDU { c := *p; return &c }
