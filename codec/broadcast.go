package codec

// The cell-broadcast PDUs of SMPP 5.0 (§4.4): the connector neither sends nor
// serves them, they are here so that a capture that has them reads whole.

// BroadcastSM asks for a message to be broadcast in an area (SMPP 5.0 §4.4.1).
type BroadcastSM struct {
	Header
	ServiceType          string
	SourceAddrTON        uint8
	SourceAddrNPI        uint8
	SourceAddr           string
	MessageID            string
	PriorityFlag         uint8
	ScheduleDeliveryTime string
	ValidityPeriod       string
	ReplaceIfPresentFlag uint8
	DataCoding           DataCoding
	SMDefaultMsgID       uint8
	TLVs                 TLVs // the text and the area are TLVs
}

// BroadcastSMResp answers BroadcastSM (§4.4.2).
type BroadcastSMResp SubmitSMResp

// QueryBroadcastSM asks what became of a broadcast (§4.6.1).
type QueryBroadcastSM QuerySM

// QueryBroadcastSMResp answers QueryBroadcastSM (§4.6.2); the state is a TLV.
type QueryBroadcastSMResp SubmitSMResp

// CancelBroadcastSM withdraws a broadcast (§4.6.3).
type CancelBroadcastSM struct {
	Header
	ServiceType   string
	MessageID     string
	SourceAddrTON uint8
	SourceAddrNPI uint8
	SourceAddr    string
	TLVs          TLVs
}

// CancelBroadcastSMResp answers CancelBroadcastSM (§4.6.4).
type CancelBroadcastSMResp struct {
	Header
	TLVs TLVs
}

// Command implements PDU.
func (p *BroadcastSM) Command() CommandID { return BroadcastSMID }

func (p *BroadcastSM) append(b []byte) []byte {
	b = append(appendText(b, p.ServiceType), p.SourceAddrTON, p.SourceAddrNPI)
	b = appendText(appendText(b, p.SourceAddr), p.MessageID)
	b = appendText(append(b, p.PriorityFlag), p.ScheduleDeliveryTime)
	b = append(appendText(b, p.ValidityPeriod), p.ReplaceIfPresentFlag, byte(p.DataCoding), p.SMDefaultMsgID)
	return appendTLVs(b, p.TLVs)
}

func (p *BroadcastSM) parse(r *reader) {
	p.ServiceType = r.text("service_type", 6)
	p.SourceAddrTON = r.number("source_addr_ton")
	p.SourceAddrNPI = r.number("source_addr_npi")
	p.SourceAddr = r.text("source_addr", 21)
	p.MessageID = r.text("message_id", 65)
	p.PriorityFlag = r.number("priority_flag")
	p.ScheduleDeliveryTime = r.time("schedule_delivery_time")
	p.ValidityPeriod = r.time("validity_period")
	p.ReplaceIfPresentFlag = r.number("replace_if_present_flag")
	p.DataCoding = DataCoding(r.number("data_coding"))
	p.SMDefaultMsgID = r.number("sm_default_msg_id")
	p.TLVs = r.tlvs(p.TLVs)
}

func (p *BroadcastSM) walk(v Visitor) {
	v.Text("service_type", 6, &p.ServiceType)
	v.Number("source_addr_ton", &p.SourceAddrTON)
	v.Number("source_addr_npi", &p.SourceAddrNPI)
	v.Text("source_addr", 21, &p.SourceAddr)
	v.Text("message_id", 65, &p.MessageID)
	v.Number("priority_flag", &p.PriorityFlag)
	v.Time("schedule_delivery_time", &p.ScheduleDeliveryTime)
	v.Time("validity_period", &p.ValidityPeriod)
	v.Number("replace_if_present_flag", &p.ReplaceIfPresentFlag)
	v.Number("data_coding", (*uint8)(&p.DataCoding))
	v.Number("sm_default_msg_id", &p.SMDefaultMsgID)
	v.TLVs(&p.TLVs)
}

func (p *BroadcastSM) shallow() PDU { c := *p; return &c }

// Command implements PDU.
func (p *BroadcastSMResp) Command() CommandID     { return BroadcastSMRespID }
func (p *BroadcastSMResp) append(b []byte) []byte { return (*SubmitSMResp)(p).append(b) }
func (p *BroadcastSMResp) parse(r *reader)        { (*SubmitSMResp)(p).parse(r) }
func (p *BroadcastSMResp) walk(v Visitor)         { (*SubmitSMResp)(p).walk(v) }
func (p *BroadcastSMResp) shallow() PDU           { c := *p; return &c }

// Command implements PDU.
func (p *QueryBroadcastSM) Command() CommandID     { return QueryBroadcastSMID }
func (p *QueryBroadcastSM) append(b []byte) []byte { return (*QuerySM)(p).append(b) }
func (p *QueryBroadcastSM) parse(r *reader)        { (*QuerySM)(p).parse(r) }
func (p *QueryBroadcastSM) walk(v Visitor)         { (*QuerySM)(p).walk(v) }
func (p *QueryBroadcastSM) shallow() PDU           { c := *p; return &c }

// Command implements PDU.
func (p *QueryBroadcastSMResp) Command() CommandID     { return QueryBroadcastSMRespID }
func (p *QueryBroadcastSMResp) append(b []byte) []byte { return (*SubmitSMResp)(p).append(b) }
func (p *QueryBroadcastSMResp) parse(r *reader)        { (*SubmitSMResp)(p).parse(r) }
func (p *QueryBroadcastSMResp) walk(v Visitor)         { (*SubmitSMResp)(p).walk(v) }
func (p *QueryBroadcastSMResp) shallow() PDU           { c := *p; return &c }

// Command implements PDU.
func (p *CancelBroadcastSM) Command() CommandID { return CancelBroadcastSMID }

func (p *CancelBroadcastSM) append(b []byte) []byte {
	b = appendText(appendText(b, p.ServiceType), p.MessageID)
	b = appendText(append(b, p.SourceAddrTON, p.SourceAddrNPI), p.SourceAddr)
	return appendTLVs(b, p.TLVs)
}

func (p *CancelBroadcastSM) parse(r *reader) {
	p.ServiceType = r.text("service_type", 6)
	p.MessageID = r.text("message_id", 65)
	p.SourceAddrTON = r.number("source_addr_ton")
	p.SourceAddrNPI = r.number("source_addr_npi")
	p.SourceAddr = r.text("source_addr", 21)
	p.TLVs = r.tlvs(p.TLVs)
}

func (p *CancelBroadcastSM) walk(v Visitor) {
	v.Text("service_type", 6, &p.ServiceType)
	v.Text("message_id", 65, &p.MessageID)
	v.Number("source_addr_ton", &p.SourceAddrTON)
	v.Number("source_addr_npi", &p.SourceAddrNPI)
	v.Text("source_addr", 21, &p.SourceAddr)
	v.TLVs(&p.TLVs)
}

func (p *CancelBroadcastSM) shallow() PDU { c := *p; return &c }

// Command implements PDU.
func (p *CancelBroadcastSMResp) Command() CommandID     { return CancelBroadcastSMRespID }
func (p *CancelBroadcastSMResp) append(b []byte) []byte { return appendTLVs(b, p.TLVs) }
func (p *CancelBroadcastSMResp) parse(r *reader)        { p.TLVs = r.tlvs(p.TLVs) }
func (p *CancelBroadcastSMResp) walk(v Visitor)         { v.TLVs(&p.TLVs) }
func (p *CancelBroadcastSMResp) shallow() PDU           { c := *p; return &c }
