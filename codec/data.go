package codec

// DataSM is the lean alternative to submit_sm and deliver_sm: the text travels in
// the message_payload TLV (SMPP 3.4 §4.7.1).
type DataSM struct {
	Header
	ServiceType        string // at most 5 characters
	SourceAddrTON      uint8
	SourceAddrNPI      uint8
	SourceAddr         string // at most 64
	DestAddrTON        uint8
	DestAddrNPI        uint8
	DestinationAddr    string // at most 64
	ESMClass           ESMClass
	RegisteredDelivery RegisteredDelivery
	DataCoding         DataCoding
	TLVs               TLVs
}

// DataSMResp answers DataSM (§4.7.2).
type DataSMResp SubmitSMResp

// Command implements PDU.
func (p *DataSM) Command() CommandID { return DataSMID }

func (p *DataSM) append(b []byte) []byte {
	b = appendText(b, p.ServiceType)
	b = append(b, p.SourceAddrTON, p.SourceAddrNPI)
	b = appendText(b, p.SourceAddr)
	b = append(b, p.DestAddrTON, p.DestAddrNPI)
	b = appendText(b, p.DestinationAddr)
	b = append(b, byte(p.ESMClass), byte(p.RegisteredDelivery), byte(p.DataCoding))
	return appendTLVs(b, p.TLVs)
}

func (p *DataSM) parse(r *reader) {
	p.ServiceType = r.text("service_type", 6)
	p.SourceAddrTON = r.number("source_addr_ton")
	p.SourceAddrNPI = r.number("source_addr_npi")
	p.SourceAddr = r.text("source_addr", 65)
	p.DestAddrTON = r.number("dest_addr_ton")
	p.DestAddrNPI = r.number("dest_addr_npi")
	p.DestinationAddr = r.text("destination_addr", 65)
	p.ESMClass = ESMClass(r.number("esm_class"))
	p.RegisteredDelivery = RegisteredDelivery(r.number("registered_delivery"))
	p.DataCoding = DataCoding(r.number("data_coding"))
	p.TLVs = r.tlvs(p.TLVs)
}

func (p *DataSM) walk(v Visitor) {
	v.Text("service_type", 6, &p.ServiceType)
	v.Number("source_addr_ton", &p.SourceAddrTON)
	v.Number("source_addr_npi", &p.SourceAddrNPI)
	v.Text("source_addr", 65, &p.SourceAddr)
	v.Number("dest_addr_ton", &p.DestAddrTON)
	v.Number("dest_addr_npi", &p.DestAddrNPI)
	v.Text("destination_addr", 65, &p.DestinationAddr)
	v.Number("esm_class", (*uint8)(&p.ESMClass))
	v.Number("registered_delivery", (*uint8)(&p.RegisteredDelivery))
	v.Number("data_coding", (*uint8)(&p.DataCoding))
	v.TLVs(&p.TLVs)
}

func (p *DataSM) shallow() PDU { c := *p; return &c }

// Command implements PDU.
func (p *DataSMResp) Command() CommandID     { return DataSMRespID }
func (p *DataSMResp) append(b []byte) []byte { return (*SubmitSMResp)(p).append(b) }
func (p *DataSMResp) parse(r *reader)        { (*SubmitSMResp)(p).parse(r) }
func (p *DataSMResp) walk(v Visitor)         { (*SubmitSMResp)(p).walk(v) }
func (p *DataSMResp) shallow() PDU           { c := *p; return &c }
