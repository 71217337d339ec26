package codec

// SubmitSM sends a message (SMPP 3.4 §4.4.1). The fields are those of the spec, in
// its order; sm_length is len(ShortMessage).
type SubmitSM struct {
	Header
	ServiceType          string // at most 5 characters; "" is the default
	SourceAddrTON        uint8
	SourceAddrNPI        uint8
	SourceAddr           string // at most 20
	DestAddrTON          uint8
	DestAddrNPI          uint8
	DestinationAddr      string // at most 20
	ESMClass             ESMClass
	ProtocolID           uint8
	PriorityFlag         uint8
	ScheduleDeliveryTime string // "" is at once, else 16 characters: FormatAbsolute, FormatRelative
	ValidityPeriod       string // "" is the SMSC's default, else likewise
	RegisteredDelivery   RegisteredDelivery
	ReplaceIfPresentFlag uint8
	DataCoding           DataCoding
	SMDefaultMsgID       uint8
	ShortMessage         []byte // at most 254 octets; empty when message_payload is used
	TLVs                 TLVs
}

// SubmitSMResp answers SubmitSM (§4.4.2).
type SubmitSMResp struct {
	Header
	MessageID string // the SMSC's id, at most 64 characters; "" when the status is an error
	TLVs      TLVs
}

// DeliverSM brings an MO, a receipt or another notification (§4.6.1). Its layout
// is SubmitSM's; the schedule, the validity and sm_default_msg_id are unused.
type DeliverSM SubmitSM

// DeliverSMResp answers DeliverSM (§4.6.2). 3.4 has us send an empty MessageID.
type DeliverSMResp SubmitSMResp

// Command implements PDU.
func (p *SubmitSM) Command() CommandID { return SubmitSMID }

func (p *SubmitSM) append(b []byte) []byte {
	b = appendText(b, p.ServiceType)
	b = append(b, p.SourceAddrTON, p.SourceAddrNPI)
	b = appendText(b, p.SourceAddr)
	b = append(b, p.DestAddrTON, p.DestAddrNPI)
	b = appendText(b, p.DestinationAddr)
	b = append(b, byte(p.ESMClass), p.ProtocolID, p.PriorityFlag)
	b = appendText(b, p.ScheduleDeliveryTime)
	b = appendText(b, p.ValidityPeriod)
	b = append(b, byte(p.RegisteredDelivery), p.ReplaceIfPresentFlag, byte(p.DataCoding), p.SMDefaultMsgID)
	b = appendMessage(b, p.ShortMessage)
	return appendTLVs(b, p.TLVs)
}

func (p *SubmitSM) parse(r *reader) {
	p.ServiceType = r.text("service_type", 6)
	p.SourceAddrTON = r.number("source_addr_ton")
	p.SourceAddrNPI = r.number("source_addr_npi")
	p.SourceAddr = r.text("source_addr", 21)
	p.DestAddrTON = r.number("dest_addr_ton")
	p.DestAddrNPI = r.number("dest_addr_npi")
	p.DestinationAddr = r.text("destination_addr", 21)
	p.ESMClass = ESMClass(r.number("esm_class"))
	p.ProtocolID = r.number("protocol_id")
	p.PriorityFlag = r.number("priority_flag")
	p.ScheduleDeliveryTime = r.time("schedule_delivery_time")
	p.ValidityPeriod = r.time("validity_period")
	p.RegisteredDelivery = RegisteredDelivery(r.number("registered_delivery"))
	p.ReplaceIfPresentFlag = r.number("replace_if_present_flag")
	p.DataCoding = DataCoding(r.number("data_coding"))
	p.SMDefaultMsgID = r.number("sm_default_msg_id")
	p.ShortMessage = r.message()
	p.TLVs = r.tlvs(p.TLVs)
}

func (p *SubmitSM) walk(v Visitor) {
	v.Text("service_type", 6, &p.ServiceType)
	v.Number("source_addr_ton", &p.SourceAddrTON)
	v.Number("source_addr_npi", &p.SourceAddrNPI)
	v.Text("source_addr", 21, &p.SourceAddr)
	v.Number("dest_addr_ton", &p.DestAddrTON)
	v.Number("dest_addr_npi", &p.DestAddrNPI)
	v.Text("destination_addr", 21, &p.DestinationAddr)
	v.Number("esm_class", (*uint8)(&p.ESMClass))
	v.Number("protocol_id", &p.ProtocolID)
	v.Number("priority_flag", &p.PriorityFlag)
	v.Time("schedule_delivery_time", &p.ScheduleDeliveryTime)
	v.Time("validity_period", &p.ValidityPeriod)
	v.Number("registered_delivery", (*uint8)(&p.RegisteredDelivery))
	v.Number("replace_if_present_flag", &p.ReplaceIfPresentFlag)
	v.Number("data_coding", (*uint8)(&p.DataCoding))
	v.Number("sm_default_msg_id", &p.SMDefaultMsgID)
	v.Message(&p.ShortMessage)
	v.TLVs(&p.TLVs)
}

func (p *SubmitSM) shallow() PDU { c := *p; return &c }

// Command implements PDU.
func (p *DeliverSM) Command() CommandID     { return DeliverSMID }
func (p *DeliverSM) append(b []byte) []byte { return (*SubmitSM)(p).append(b) }
func (p *DeliverSM) parse(r *reader)        { (*SubmitSM)(p).parse(r) }
func (p *DeliverSM) walk(v Visitor)         { (*SubmitSM)(p).walk(v) }
func (p *DeliverSM) shallow() PDU           { c := *p; return &c }

// Command implements PDU.
func (p *SubmitSMResp) Command() CommandID { return SubmitSMRespID }

func (p *SubmitSMResp) append(b []byte) []byte {
	return appendTLVs(appendText(b, p.MessageID), p.TLVs)
}

func (p *SubmitSMResp) parse(r *reader) {
	p.MessageID = r.text("message_id", 65)
	p.TLVs = r.tlvs(p.TLVs)
}

func (p *SubmitSMResp) walk(v Visitor) {
	v.Text("message_id", 65, &p.MessageID)
	v.TLVs(&p.TLVs)
}

func (p *SubmitSMResp) shallow() PDU { c := *p; return &c }

// Command implements PDU.
func (p *DeliverSMResp) Command() CommandID     { return DeliverSMRespID }
func (p *DeliverSMResp) append(b []byte) []byte { return (*SubmitSMResp)(p).append(b) }
func (p *DeliverSMResp) parse(r *reader)        { (*SubmitSMResp)(p).parse(r) }
func (p *DeliverSMResp) walk(v Visitor)         { (*SubmitSMResp)(p).walk(v) }
func (p *DeliverSMResp) shallow() PDU           { c := *p; return &c }
