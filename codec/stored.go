package codec

// The PDUs about a message that the SMSC already holds: query, cancel, replace.

// QuerySM asks what became of a message (SMPP 3.4 §4.8.1).
type QuerySM struct {
	Header
	MessageID     string // the SMSC's id, at most 64 characters
	SourceAddrTON uint8
	SourceAddrNPI uint8
	SourceAddr    string // as it was in the submit, at most 20
	TLVs          TLVs
}

// QuerySMResp answers QuerySM (§4.8.2).
type QuerySMResp struct {
	Header
	MessageID    string // at most 64 characters
	FinalDate    string // "" while the state is not final, else 16 characters
	MessageState MessageState
	ErrorCode    uint8 // of the network; 0 when there is none
	TLVs         TLVs
}

// CancelSM withdraws one message, or all between two addresses when MessageID is "" (§4.9.1).
type CancelSM struct {
	Header
	ServiceType     string // at most 5 characters
	MessageID       string // at most 64
	SourceAddrTON   uint8
	SourceAddrNPI   uint8
	SourceAddr      string // at most 20
	DestAddrTON     uint8
	DestAddrNPI     uint8
	DestinationAddr string // at most 20; may be "" when MessageID is given
	TLVs            TLVs
}

// CancelSMResp answers CancelSM (§4.9.2).
type CancelSMResp struct {
	Header
	TLVs TLVs
}

// ReplaceSM exchanges the text of a message that is not yet delivered (§4.10.1).
// It has no data_coding: the new text is read by that of the submit.
type ReplaceSM struct {
	Header
	MessageID            string // at most 64 characters
	SourceAddrTON        uint8
	SourceAddrNPI        uint8
	SourceAddr           string // at most 20
	ScheduleDeliveryTime string
	ValidityPeriod       string
	RegisteredDelivery   RegisteredDelivery
	SMDefaultMsgID       uint8
	ShortMessage         []byte // at most 254 octets
	TLVs                 TLVs
}

// ReplaceSMResp answers ReplaceSM (§4.10.2).
type ReplaceSMResp struct {
	Header
	TLVs TLVs
}

// Command implements PDU.
func (p *QuerySM) Command() CommandID { return QuerySMID }

func (p *QuerySM) append(b []byte) []byte {
	b = append(appendText(b, p.MessageID), p.SourceAddrTON, p.SourceAddrNPI)
	return appendTLVs(appendText(b, p.SourceAddr), p.TLVs)
}

func (p *QuerySM) parse(r *reader) {
	p.MessageID = r.text("message_id", 65)
	p.SourceAddrTON = r.number("source_addr_ton")
	p.SourceAddrNPI = r.number("source_addr_npi")
	p.SourceAddr = r.text("source_addr", 21)
	p.TLVs = r.tlvs(p.TLVs)
}

func (p *QuerySM) walk(v Visitor) {
	v.Text("message_id", 65, &p.MessageID)
	v.Number("source_addr_ton", &p.SourceAddrTON)
	v.Number("source_addr_npi", &p.SourceAddrNPI)
	v.Text("source_addr", 21, &p.SourceAddr)
	v.TLVs(&p.TLVs)
}

func (p *QuerySM) shallow() PDU { c := *p; return &c }

// Command implements PDU.
func (p *QuerySMResp) Command() CommandID { return QuerySMRespID }

func (p *QuerySMResp) append(b []byte) []byte {
	b = appendText(appendText(b, p.MessageID), p.FinalDate)
	return appendTLVs(append(b, byte(p.MessageState), p.ErrorCode), p.TLVs)
}

func (p *QuerySMResp) parse(r *reader) {
	p.MessageID = r.text("message_id", 65)
	p.FinalDate = r.time("final_date")
	p.MessageState = MessageState(r.number("message_state"))
	p.ErrorCode = r.number("error_code")
	p.TLVs = r.tlvs(p.TLVs)
}

func (p *QuerySMResp) walk(v Visitor) {
	v.Text("message_id", 65, &p.MessageID)
	v.Time("final_date", &p.FinalDate)
	v.Number("message_state", (*uint8)(&p.MessageState))
	v.Number("error_code", &p.ErrorCode)
	v.TLVs(&p.TLVs)
}

func (p *QuerySMResp) shallow() PDU { c := *p; return &c }

// Command implements PDU.
func (p *CancelSM) Command() CommandID { return CancelSMID }

func (p *CancelSM) append(b []byte) []byte {
	b = appendText(appendText(b, p.ServiceType), p.MessageID)
	b = appendText(append(b, p.SourceAddrTON, p.SourceAddrNPI), p.SourceAddr)
	b = appendText(append(b, p.DestAddrTON, p.DestAddrNPI), p.DestinationAddr)
	return appendTLVs(b, p.TLVs)
}

func (p *CancelSM) parse(r *reader) {
	p.ServiceType = r.text("service_type", 6)
	p.MessageID = r.text("message_id", 65)
	p.SourceAddrTON = r.number("source_addr_ton")
	p.SourceAddrNPI = r.number("source_addr_npi")
	p.SourceAddr = r.text("source_addr", 21)
	p.DestAddrTON = r.number("dest_addr_ton")
	p.DestAddrNPI = r.number("dest_addr_npi")
	p.DestinationAddr = r.text("destination_addr", 21)
	p.TLVs = r.tlvs(p.TLVs)
}

func (p *CancelSM) walk(v Visitor) {
	v.Text("service_type", 6, &p.ServiceType)
	v.Text("message_id", 65, &p.MessageID)
	v.Number("source_addr_ton", &p.SourceAddrTON)
	v.Number("source_addr_npi", &p.SourceAddrNPI)
	v.Text("source_addr", 21, &p.SourceAddr)
	v.Number("dest_addr_ton", &p.DestAddrTON)
	v.Number("dest_addr_npi", &p.DestAddrNPI)
	v.Text("destination_addr", 21, &p.DestinationAddr)
	v.TLVs(&p.TLVs)
}

func (p *CancelSM) shallow() PDU { c := *p; return &c }

// Command implements PDU.
func (p *CancelSMResp) Command() CommandID     { return CancelSMRespID }
func (p *CancelSMResp) append(b []byte) []byte { return appendTLVs(b, p.TLVs) }
func (p *CancelSMResp) parse(r *reader)        { p.TLVs = r.tlvs(p.TLVs) }
func (p *CancelSMResp) walk(v Visitor)         { v.TLVs(&p.TLVs) }
func (p *CancelSMResp) shallow() PDU           { c := *p; return &c }

// Command implements PDU.
func (p *ReplaceSM) Command() CommandID { return ReplaceSMID }

func (p *ReplaceSM) append(b []byte) []byte {
	b = append(appendText(b, p.MessageID), p.SourceAddrTON, p.SourceAddrNPI)
	b = appendText(b, p.SourceAddr)
	b = appendText(appendText(b, p.ScheduleDeliveryTime), p.ValidityPeriod)
	b = appendMessage(append(b, byte(p.RegisteredDelivery), p.SMDefaultMsgID), p.ShortMessage)
	return appendTLVs(b, p.TLVs)
}

func (p *ReplaceSM) parse(r *reader) {
	p.MessageID = r.text("message_id", 65)
	p.SourceAddrTON = r.number("source_addr_ton")
	p.SourceAddrNPI = r.number("source_addr_npi")
	p.SourceAddr = r.text("source_addr", 21)
	p.ScheduleDeliveryTime = r.time("schedule_delivery_time")
	p.ValidityPeriod = r.time("validity_period")
	p.RegisteredDelivery = RegisteredDelivery(r.number("registered_delivery"))
	p.SMDefaultMsgID = r.number("sm_default_msg_id")
	p.ShortMessage = r.message()
	p.TLVs = r.tlvs(p.TLVs)
}

func (p *ReplaceSM) walk(v Visitor) {
	v.Text("message_id", 65, &p.MessageID)
	v.Number("source_addr_ton", &p.SourceAddrTON)
	v.Number("source_addr_npi", &p.SourceAddrNPI)
	v.Text("source_addr", 21, &p.SourceAddr)
	v.Time("schedule_delivery_time", &p.ScheduleDeliveryTime)
	v.Time("validity_period", &p.ValidityPeriod)
	v.Number("registered_delivery", (*uint8)(&p.RegisteredDelivery))
	v.Number("sm_default_msg_id", &p.SMDefaultMsgID)
	v.Message(&p.ShortMessage)
	v.TLVs(&p.TLVs)
}

func (p *ReplaceSM) shallow() PDU { c := *p; return &c }

// Command implements PDU.
func (p *ReplaceSMResp) Command() CommandID     { return ReplaceSMRespID }
func (p *ReplaceSMResp) append(b []byte) []byte { return appendTLVs(b, p.TLVs) }
func (p *ReplaceSMResp) parse(r *reader)        { p.TLVs = r.tlvs(p.TLVs) }
func (p *ReplaceSMResp) walk(v Visitor)         { v.TLVs(&p.TLVs) }
func (p *ReplaceSMResp) shallow() PDU           { c := *p; return &c }
