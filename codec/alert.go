package codec

// AlertNotification tells an ESME that a subscriber can be reached again, after a
// data_sm with set_dpf (SMPP 3.4 §4.12.1). It has no response.
type AlertNotification struct {
	Header
	SourceAddrTON uint8 // of the subscriber
	SourceAddrNPI uint8
	SourceAddr    string // at most 64 characters
	ESMEAddrTON   uint8  // of the ESME that asked to be told
	ESMEAddrNPI   uint8
	ESMEAddr      string // at most 64
	TLVs          TLVs   // ms_availability_status
}

// Command implements PDU.
func (p *AlertNotification) Command() CommandID { return AlertNotificationID }

func (p *AlertNotification) append(b []byte) []byte {
	b = appendText(append(b, p.SourceAddrTON, p.SourceAddrNPI), p.SourceAddr)
	b = appendText(append(b, p.ESMEAddrTON, p.ESMEAddrNPI), p.ESMEAddr)
	return appendTLVs(b, p.TLVs)
}

func (p *AlertNotification) parse(r *reader) {
	p.SourceAddrTON = r.number("source_addr_ton")
	p.SourceAddrNPI = r.number("source_addr_npi")
	p.SourceAddr = r.text("source_addr", 65)
	p.ESMEAddrTON = r.number("esme_addr_ton")
	p.ESMEAddrNPI = r.number("esme_addr_npi")
	p.ESMEAddr = r.text("esme_addr", 65)
	p.TLVs = r.tlvs(p.TLVs)
}

func (p *AlertNotification) walk(v Visitor) {
	v.Number("source_addr_ton", &p.SourceAddrTON)
	v.Number("source_addr_npi", &p.SourceAddrNPI)
	v.Text("source_addr", 65, &p.SourceAddr)
	v.Number("esme_addr_ton", &p.ESMEAddrTON)
	v.Number("esme_addr_npi", &p.ESMEAddrNPI)
	v.Text("esme_addr", 65, &p.ESMEAddr)
	v.TLVs(&p.TLVs)
}

func (p *AlertNotification) shallow() PDU { c := *p; return &c }
